"""What runs tell those who follow them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from msgspec.structs import replace

from backstage import TaskState
from backstage.ports import LogEntry, NewEvent, RunLog, Standing, StoredEvent, following, is_dropped
from examples.journal.store import Store


@dataclass(frozen=True, slots=True)
class Kept:
    entry: LogEntry
    at: datetime


class JournalTaskEvents:
    """TaskEvents. They live as long as this process, as leases do, so they are not in the journal."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._logs: dict[str, list[Kept]] = {}
        self._lines: dict[str, dict[int, RunLog]] = {}
        self._gone: dict[str, datetime] = {}

    async def append(self, events: Sequence[NewEvent]) -> frozenset[str]:
        lost = set()
        with self._store.lock:
            for (task_id, fence), of_run in groupby(events, key=lambda event: (event.task_id, event.fence)):
                task = self._store.tasks.get(task_id)
                if task is not None and task.state is TaskState.RUNNING and task.fence == fence:
                    self._add(task_id, list(of_run))
                else:
                    lost.add(task_id)
        return frozenset(lost)

    def _add(self, task_id: str, events: list[NewEvent]) -> None:
        now, log = self._store.clock.now(), self._logs.get(task_id, [])
        log = log + [Kept(entry, now) for entry in following(log[-1].entry if log else None, events)]
        self._logs[task_id] = [kept for kept in log if not is_dropped(kept.entry, log[-1].entry)]

    async def read(self, after: Mapping[str, int], limit: int) -> Mapping[str, Sequence[StoredEvent]]:
        with self._store.lock:
            found = {task_id: self._later(task_id, number)[:limit] for task_id, number in after.items()}
        return {task_id: events for task_id, events in found.items() if events}

    def _later(self, task_id: str, number: int) -> list[StoredEvent]:
        kept = self._logs.get(task_id, []) if task_id in self._store.tasks else []
        return [
            StoredEvent(
                number=each.entry.number,
                kind=each.entry.kind,
                at=each.at,
                attempt=each.entry.attempt,
                data_json=each.entry.data_json,
            )
            for each in kept
            if each.entry.number > number
        ]

    async def standings(self, task_ids: Collection[str]) -> Mapping[str, Standing]:
        with self._store.lock:
            tasks = [self._store.tasks[task_id] for task_id in task_ids if task_id in self._store.tasks]
        return {task.id: Standing.of(task, self._gone.get(task.id)) for task in tasks}

    async def keep_lines(self, logs: Sequence[RunLog]) -> None:
        with self._store.lock:
            for log in logs:
                if log.task_id in self._store.tasks:
                    self._lines.setdefault(log.task_id, {}).setdefault(log.fence, log)

    async def lines(self, task_id: str) -> Sequence[RunLog]:
        with self._store.lock:
            kept = self._lines.get(task_id, {}) if task_id in self._store.tasks else {}
            return [log for _, log in sorted(kept.items())]

    async def forget_results(self, limit: int) -> int:
        with self._store.step():
            now, ends = self._store.clock.now(), self._store.result_ends
            for task_id in ends.keys() - self._store.tasks.keys():
                del ends[task_id]
            due = [task_id for task_id, until in ends.items() if until <= now][:limit]
            for task_id in due:
                self._gone[task_id] = ends.pop(task_id)
                self._store.put(replace(self._store.tasks[task_id], result_json=None))
        return len(due)

    async def forget(self, kept_for: float, limit: int) -> int:
        with self._store.lock:
            before = self._store.clock.now() - timedelta(seconds=kept_for)
            gone = [id_ for id_ in self._logs.keys() | self._lines.keys() if id_ not in self._store.tasks]
            for task_id in gone:
                self._logs.pop(task_id, None)
                self._lines.pop(task_id, None)
            old = [id_ for id_ in self._logs if (end := self._store.tasks[id_].finished_at) and end < before][:limit]
            for task_id in old:
                del self._logs[task_id]
        return len(old)
