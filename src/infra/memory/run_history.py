from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

from backstage.domain.failure_group import HOURS_SHOWN, FailureGroup, FailureSighting, seen_again
from backstage.domain.failure_group import KEPT_FOR as GROUPS_KEPT_FOR
from backstage.domain.history import GRAINS, HOUR, KEPT_FOR, HistoryPoint, HistoryQuery, HistoryRow, floored
from backstage.domain.ports.run_history import HistoryBatch
from backstage.infra.memory.store import MemoryStore

Key = tuple[int, datetime, str, str]
"""Grain, beginning, queue and type."""


class MemoryRunHistory:
    """RunHistory over dicts."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._writers: dict[str, int] = {}
        self._rows: dict[Key, HistoryRow] = {}
        self._groups: dict[str, FailureGroup] = {}
        self._failure_hours: Counter[tuple[str, datetime]] = Counter()

    async def add(self, batch: HistoryBatch) -> None:
        with self._store.lock:
            if self._writers.get(batch.writer, 0) >= batch.number:
                return
            self._writers[batch.writer] = batch.number
            for row, grain in product(batch.rows, GRAINS):
                at = floored(row.point.at, grain)
                _add_to(self._rows, (grain, at, row.queue, row.type), replace(row.point, at=at))
            for sighting in batch.sightings:
                self._see(sighting)

    async def read(self, query: HistoryQuery) -> list[HistoryRow]:
        moments = query.moments()
        until = moments[-1] + timedelta(seconds=query.step)
        sums: dict[Key, HistoryRow] = {}
        with self._store.lock:
            rows = list(self._rows.items())
        for (grain, at, queue, type_), row in rows:
            is_wanted = query.queue in (None, queue) and query.type in (None, type_)
            if grain == query.grain and moments[0] <= at < until and is_wanted:
                queue_name, type_name = queue if "queue" in query.by else "", type_ if "type" in query.by else ""
                beginning = floored(at, query.step)
                _add_to(sums, (grain, beginning, queue_name, type_name), replace(row.point, at=beginning))
        found = [row for _, row in sorted(sums.items())]
        return found if query.with_histograms else [row.without_histograms for row in found]

    async def failure_groups(
        self, since: datetime, limit: int, before: tuple[datetime, str] | None, type: str | None
    ) -> list[FailureGroup]:
        with self._store.lock:
            groups = [
                replace(group, hours=self._hours(group.fingerprint))
                for group in self._groups.values()
                if group.last_seen >= since
                and type in (None, group.task_type)
                and (before is None or (group.last_seen, group.fingerprint) < before)
            ]
        return sorted(groups, key=lambda group: (group.last_seen, group.fingerprint), reverse=True)[:limit]

    async def mark_failure_group(
        self, fingerprint: str, *, is_muted: bool | None = None, note: str | None = None
    ) -> bool:
        with self._store.lock:
            group = self._groups.get(fingerprint)
            if group is None:
                return False
            self._groups[fingerprint] = replace(
                group,
                is_muted=group.is_muted if is_muted is None else is_muted,
                note=group.note if note is None else note or None,
            )
            return True

    async def forget(self) -> None:
        now = self._store.clock.now()
        with self._store.lock:
            for key in [key for key in self._rows if key[1] < now - KEPT_FOR[key[0]]]:
                del self._rows[key]
            groups = self._groups
            for group in [group for group in groups.values() if group.last_seen < now - GROUPS_KEPT_FOR]:
                del groups[group.fingerprint]
            for hour in [hour for hour in self._failure_hours if hour[1] < self._first_hour()]:
                del self._failure_hours[hour]

    def _see(self, sighting: FailureSighting) -> None:
        self._groups[sighting.fingerprint] = seen_again(self._groups.get(sighting.fingerprint), sighting)
        self._failure_hours[sighting.fingerprint, floored(sighting.at, HOUR)] += sighting.runs

    def _hours(self, fingerprint: str) -> tuple[int, ...]:
        first = self._first_hour()
        return tuple(self._failure_hours[fingerprint, first + timedelta(hours=at)] for at in range(HOURS_SHOWN))

    def _first_hour(self) -> datetime:
        """The oldest of the hours that a failure group shows."""
        return floored(self._store.clock.now(), HOUR) - timedelta(hours=HOURS_SHOWN - 1)


def _add_to(rows: dict[Key, HistoryRow], key: Key, point: HistoryPoint) -> None:
    known = rows.get(key)
    rows[key] = HistoryRow(key[2], key[3], point if known is None else known.point.plus(point))
