"""A PostgreSQL store's own tables, looked at with nothing of ours in between."""

from __future__ import annotations

from collections import Counter

import asyncpg

from tests.journeys.store_inside import Counts


class StoreDatabase:
    """`url` is of the database, without our own options."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def counts(self) -> Counts:
        found: Counter[tuple[str, str, str]] = Counter()
        for table in ("backstage_counts", "backstage_count_changes"):
            for queue, type_, state, tasks in await self._rows(
                f"SELECT queue, type, state, tasks - pruned FROM {table}"
            ):
                found[queue, type_, state] += tasks
        return {lane: tasks for lane, tasks in found.items() if tasks}

    async def recount(self) -> Counts:
        found: Counts = {}
        for table in ("backstage_live", "backstage_finished"):
            query = f"SELECT queue, type, state, count(*) FROM {table} GROUP BY 1, 2, 3"
            found |= {(queue, type_, state): tasks for queue, type_, state, tasks in await self._rows(query)}
        return found

    async def leftovers(self) -> dict[str, int]:
        wanted = {
            "pending or running tasks": "SELECT count(*) FROM backstage_live",
            "dedupe keys": "SELECT count(*) FROM backstage_dedupe",
            "workers": "SELECT count(*) FROM backstage_workers "
            "WHERE seen_at > extract(epoch FROM clock_timestamp()) * 1000000 - 1000000",
            "open transactions": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND state LIKE 'idle in transaction%'",
        }
        found = {name: (await self._rows(query))[0][0] for name, query in wanted.items()}
        return {name: number for name, number in found.items() if number}

    async def problems(self) -> list[str]:
        wanted = {
            "tasks that neither live nor have ended": "SELECT count(*) FROM backstage_tasks WHERE id NOT IN "
            "(SELECT id FROM backstage_live UNION ALL SELECT id FROM backstage_finished)",
            "tasks that live and have ended": "SELECT count(*) FROM backstage_live JOIN backstage_finished USING (id)",
            "conditions of no task": "SELECT count(*) FROM (SELECT id FROM backstage_live UNION ALL "
            "SELECT id FROM backstage_finished) AS condition WHERE id NOT IN (SELECT id FROM backstage_tasks)",
        }
        found = {name: (await self._rows(query))[0][0] for name, query in wanted.items()}
        return [f"{number} {name}" for name, number in found.items() if number]

    async def spoil_payload(self, task_id: str) -> None:
        await self._rows("UPDATE backstage_tasks SET payload = '{\"n\": ' WHERE id = $1::text::uuid", task_id)

    async def _rows(self, query: str, *values: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self._url, timeout=30, command_timeout=60)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(query, *values)
            return rows
        finally:
            await connection.close()
