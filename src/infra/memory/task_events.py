from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from msgspec.structs import replace

from backstage.domain.event_log import NewEvent, following, is_dropped
from backstage.domain.ports.task_events import StoredEvent
from backstage.domain.run_log import RunLog
from backstage.domain.standing import Standing
from backstage.domain.task_state import TaskState
from backstage.infra.memory.store import EventLog, MemoryStore


class MemoryTaskEvents:
    """TaskEvents over dicts."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

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
        now = self._store.clock.now()
        log = self._store.event_logs.setdefault(task_id, EventLog(now))
        last = log.entries[-1][0] if log.entries else None
        log.entries += [(entry, now) for entry in following(last, events)]
        last = log.entries[-1][0]
        while is_dropped(log.entries[0][0], last):
            log.entries.popleft()

    async def read(self, after: Mapping[str, int], limit: int) -> Mapping[str, Sequence[StoredEvent]]:
        with self._store.lock:
            found = {task_id: self._read_one(task_id, number, limit) for task_id, number in after.items()}
        return {task_id: events for task_id, events in found.items() if events}

    def _read_one(self, task_id: str, after: int, limit: int) -> list[StoredEvent]:
        log = self._store.event_logs.get(task_id)
        later = [(entry, at) for entry, at in log.entries if entry.number > after] if log else []
        return [
            StoredEvent(number=entry.number, kind=entry.kind, at=at, attempt=entry.attempt, data_json=entry.data_json)
            for entry, at in later[:limit]
        ]

    async def standings(self, task_ids: Collection[str]) -> Mapping[str, Standing]:
        with self._store.lock:
            tasks = [self._store.tasks.get(task_id) for task_id in task_ids]
            gone = self._store.results_gone
            return {task.id: Standing.of(task, gone.get(task.id)) for task in tasks if task is not None}

    async def keep_lines(self, logs: Sequence[RunLog]) -> None:
        with self._store.lock:
            for log in logs:
                if log.task_id in self._store.tasks:
                    self._store.run_logs.setdefault(log.task_id, {}).setdefault(log.fence, log)

    async def lines(self, task_id: str) -> Sequence[RunLog]:
        with self._store.lock:
            return [log for _, log in sorted(self._store.run_logs.get(task_id, {}).items())]

    async def forget_results(self, limit: int) -> int:
        with self._store.lock:
            now = self._store.clock.now()
            due = [task_id for task_id, until in self._store.result_ends.items() if until <= now][:limit]
            for task_id in due:
                self._store.results_gone[task_id] = self._store.result_ends.pop(task_id)
                self._store.tasks[task_id] = replace(self._store.tasks[task_id], result_json=None)
        return len(due)

    async def forget(self, kept_for: float, limit: int) -> int:
        forgotten = 0
        with self._store.lock:
            oldest = self._store.clock.now() - timedelta(seconds=kept_for)
            due = [task_id for task_id, log in self._store.event_logs.items() if log.since < oldest][:limit]
            for task_id in due:
                since = self._since(task_id)
                if since is None or since < oldest:
                    del self._store.event_logs[task_id]
                    forgotten += 1
                else:
                    self._store.event_logs[task_id].since = since
        return forgotten

    def _since(self, task_id: str) -> datetime | None:
        """From when on the log is kept for a time: the end of its task, or now while that may go on."""
        task = self._store.tasks.get(task_id)
        return None if task is None else task.finished_at or self._store.clock.now()
