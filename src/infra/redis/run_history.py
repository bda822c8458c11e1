from __future__ import annotations

from datetime import datetime
from typing import Any

from backstage.domain.failure_group import KEPT_FOR as GROUPS_KEPT_FOR
from backstage.domain.failure_group import FailureGroup, FailureSighting
from backstage.domain.history import GRAINS, KEPT_FOR, HistoryPoint, HistoryQuery, HistoryRow
from backstage.domain.ports.run_history import HistoryBatch
from backstage.infra.history_row import COUNTS, HISTORY_COUNTERS, histograms_of, history_values
from backstage.infra.moments import from_micros, ticks, to_micros
from backstage.infra.redis.client import Client
from backstage.infra.redis.rows import unpack

_WRITER_KEPT_FOR = 86_400.0
_FAILURES_KEPT_FOR = 86_400


class RedisRunHistory:
    """RunHistory over hashes beside the store's own keys: what belongs to no task needs no queue's slot."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def add(self, batch: HistoryBatch) -> None:
        rows = [[int(row.point.at.timestamp()), row.queue, row.type, history_values(row.point)] for row in batch.rows]
        sightings = [_packed(sighting) for sighting in batch.sightings]
        await self._run("add_history", [GRAINS, batch.writer, batch.number, rows, sightings])

    async def read(self, query: HistoryQuery) -> list[HistoryRow]:
        moments = query.moments()
        since, until = int(moments[0].timestamp()), int(moments[-1].timestamp()) + query.step
        found = await self._run(
            "read_history",
            [
                *(query.grain, query.step, since, until, query.queue or False, query.type or False),
                *("queue" in query.by, "type" in query.by),
                len(HISTORY_COUNTERS) if query.with_histograms else COUNTS,
            ],
        )
        return [_row_of(*row) for row in sorted(unpack(found))]

    async def failure_groups(
        self, since: datetime, limit: int, before: tuple[datetime, str] | None, type: str | None
    ) -> list[FailureGroup]:
        moment, fingerprint = (False, False) if before is None else (to_micros(before[0]), before[1])
        argument = [to_micros(since), moment, fingerprint, type or False, limit]
        _, groups = unpack(await self._run("list_failure_groups", argument))
        return [_group_of(*each) for each in groups]

    async def mark_failure_group(
        self, fingerprint: str, *, is_muted: bool | None = None, note: str | None = None
    ) -> bool:
        muted = [] if is_muted is None else [is_muted]
        noted = [] if note is None else [note]
        return bool(await self._run("mark_failure_group", [fingerprint, muted, noted]))

    async def forget(self) -> None:
        await self._run(
            "forget_history",
            [
                [[grain, int(kept.total_seconds())] for grain, kept in KEPT_FOR.items()],
                _FAILURES_KEPT_FOR,
                ticks(_WRITER_KEPT_FOR),
                ticks(GROUPS_KEPT_FOR.total_seconds()),
            ],
        )

    async def _run(self, script: str, argument: object) -> Any:
        return await self._client.run(script, self._client.keys.store, argument)


def _packed(sighting: FailureSighting) -> list[object]:
    return [
        *(sighting.fingerprint, sighting.task_type, sighting.error, sighting.line, sighting.message),
        *(sighting.tasks, sighting.runs, to_micros(sighting.at), sighting.task_ids),
    ]


def _row_of(beginning: int, queue: str, type_: str, numbers: list[float]) -> HistoryRow:
    claimed, completed, failed, retried, run_seconds, wait_seconds, *counts = numbers
    point = HistoryPoint(
        at=from_micros(int(beginning) * 1_000_000),
        claimed=int(claimed),
        completed=int(completed),
        failed=int(failed),
        retried=int(retried),
        run_seconds=float(run_seconds),
        wait_seconds=float(wait_seconds),
        **histograms_of(counts),
    )
    return HistoryRow(queue, type_, point)


def _group_of(fingerprint: str, group: list[Any], hours: list[int]) -> FailureGroup:
    task_type, error, line, message, tasks, runs, first_seen, last_seen, task_ids, is_muted, note = group
    return FailureGroup(
        fingerprint=fingerprint,
        task_type=task_type,
        error=error,
        line=line,
        message=message,
        tasks=tasks,
        runs=runs,
        first_seen=from_micros(int(first_seen)),
        last_seen=from_micros(int(last_seen)),
        hours=tuple(hours),
        sample_task_ids=tuple(task_ids),
        is_muted=bool(is_muted),
        note=note or None,
    )
