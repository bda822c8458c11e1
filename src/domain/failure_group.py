"""Failures of one cause: the same error of the same type of task, raised at the same place."""

from __future__ import annotations

from datetime import datetime, timedelta

from backstage.domain.deferred_dataclass import dataclass

HOURS_SHOWN = 24
KEPT_FOR = timedelta(days=31)
"""After the last failure."""
MOST_SAMPLES = 5
MAX_MESSAGE = 500
MAX_NOTE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureSighting:
    """Failures of one fingerprint that a worker has seen since it last told. `tasks` of them had not failed so before,
    `runs` are all; `task_ids` are the latest, newest first."""

    fingerprint: str
    task_type: str
    error: str
    line: str
    message: str
    tasks: int
    runs: int
    at: datetime
    task_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroup:
    """All failures of one fingerprint.

    `error` is the class, `line` where the application's own code raised it, `message` that of the last failure. `tasks`
    is how many tasks failed so, `runs` how often. `hours` counts the runs of the last 24 hours, oldest first.
    `sample_task_ids` are the latest tasks, newest first; they may be pruned.
    """

    fingerprint: str
    task_type: str
    error: str
    line: str
    message: str
    tasks: int
    runs: int
    first_seen: datetime
    last_seen: datetime
    hours: tuple[int, ...] = (0,) * HOURS_SHOWN
    sample_task_ids: tuple[str, ...] = ()
    is_muted: bool = False
    note: str | None = None

    @property
    def cursor(self) -> str:
        """The `after` of the page that follows this group."""
        return f"{self.last_seen.isoformat()} {self.fingerprint}"


def seen_again(known: FailureGroup | None, sighting: FailureSighting) -> FailureGroup:
    """The group after that sighting, with its marks; `hours` are not told."""
    samples = dict.fromkeys([*sighting.task_ids, *(known.sample_task_ids if known else ())])
    return FailureGroup(
        fingerprint=sighting.fingerprint,
        task_type=sighting.task_type,
        error=sighting.error,
        line=sighting.line,
        message=sighting.message,
        tasks=sighting.tasks + (known.tasks if known else 0),
        runs=sighting.runs + (known.runs if known else 0),
        first_seen=min(known.first_seen, sighting.at) if known else sighting.at,
        last_seen=max(known.last_seen, sighting.at) if known else sighting.at,
        sample_task_ids=tuple(samples)[:MOST_SAMPLES],
        is_muted=known is not None and known.is_muted,
        note=known.note if known else None,
    )
