"""The log of one task: what of its events is kept, and how a batch is added to it."""

from __future__ import annotations

from collections.abc import Iterable

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.followed_event import EventKind

MOST_EVENTS = 1000
MOST_EVENT_BYTES = 1024 * 1024
MOST_DATA_BYTES = 64 * 1024
"""Of one event, as JSON."""
MOST_AT_ONCE = 500
"""Events in one batch; all their data together has at most MOST_EVENT_BYTES, so no batch outgrows a log by itself."""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """What a run adds to the log of its task. `place` counts from 1 in each run, so a batch that is stored twice is
    kept once."""

    task_id: str
    fence: int
    place: int
    attempt: int
    kind: EventKind
    data_json: str

    @property
    def size(self) -> int:
        return len(self.data_json.encode())


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An event in its log. `total` are the bytes of all data of the log up to it, of what was dropped, too."""

    number: int
    fence: int
    place: int
    attempt: int
    kind: EventKind
    data_json: str
    size: int
    total: int


def following(last: LogEntry | None, events: Iterable[NewEvent]) -> list[LogEntry]:
    """The entries that the events of one run become after the last one of the log: those that it has not yet, after the
    marker `restarted` where the log is of an earlier run."""
    entries: list[LogEntry] = []
    for event in events:
        if last is not None and (event.fence, event.place) <= (last.fence, last.place):
            continue
        if last is not None and event.fence > last.fence:
            last = _after(last, NewEvent(event.task_id, event.fence, 0, event.attempt, EventKind.RESTARTED, "null"))
            entries.append(last)
        last = _after(last, event)
        entries.append(last)
    return entries


def _after(last: LogEntry | None, event: NewEvent) -> LogEntry:
    number, total = (0, 0) if last is None else (last.number, last.total)
    size = event.size
    return LogEntry(
        number + 1, event.fence, event.place, event.attempt, event.kind, event.data_json, size, total + size
    )


def is_dropped(entry: LogEntry, last: LogEntry) -> bool:
    """Whether the entry is one too many, or too much, now that `last` is the last of its log."""
    return entry.number <= last.number - MOST_EVENTS or entry.total - entry.size < last.total - MOST_EVENT_BYTES
