from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import asyncpg

from benchmarks.scene import Scene


class PostgresMeter:
    """Counts the statements of all connections that this process makes while it is entered; WAL is all the server's."""

    def __init__(self, scene: Scene) -> None:
        self._url = scene.url
        self._statements = 0
        self._connect = asyncpg.connect

    def __enter__(self) -> Self:
        asyncpg.connect = self._counted  # the one place where the store gets its connections
        return self

    def __exit__(self, *_: object) -> None:
        asyncpg.connect = self._connect

    async def _counted(self, *arguments: Any, **options: Any) -> Any:
        connection = await self._connect(*arguments, **options)
        connection.add_query_logger(self._count)
        return connection

    def _count(self, query: Any) -> None:
        self._statements += 1

    async def bytes_used(self) -> int:
        return int(await self._value("SELECT pg_database_size(current_database())"))

    async def connections(self) -> int:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        return int(await self._value(query))

    async def work(self) -> Mapping[str, float]:
        wal = await self._value("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
        return {"statements": self._statements, "calls": self._statements, "wal_bytes": float(wal)}

    def per_task(self, work: Mapping[str, float], tasks: int) -> dict[str, float]:
        return {"statements_per_task": work["statements"] / tasks, "wal_bytes_per_task": work["wal_bytes"] / tasks}

    async def _value(self, query: str) -> Any:
        connection = await self._connect(self._url)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()
