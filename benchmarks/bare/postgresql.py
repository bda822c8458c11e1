"""asyncpg: statements with their arguments, and COPY."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

Call = tuple[str, tuple[Any, ...]]


@asynccontextmanager
async def recording(url: str) -> AsyncIterator[tuple[str, list[Call]]]:
    """Hints to workers are left out, for no caller waits for them."""
    calls: list[Call] = []
    connect = asyncpg.connect

    def note(query: Any) -> None:
        if not query.query.lstrip().startswith("SELECT pg_notify"):
            calls.append((query.query, tuple(query.args)))

    async def logging(*arguments: Any, **options: Any) -> Any:
        connection = await connect(*arguments, **options)
        connection.add_query_logger(note)
        return connection

    asyncpg.connect = logging
    try:
        yield url, calls
    finally:
        asyncpg.connect = connect


@asynccontextmanager
async def replayer(url: str) -> AsyncIterator[Replayer]:
    connection = await asyncpg.connect(url)
    try:
        yield Replayer(connection)
    finally:
        await connection.close()


class Replayer:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def replay(self, calls: list[Call]) -> None:
        for query, arguments in calls:
            await self._connection.fetch(query, *arguments)

    async def copy(self, rows: list[tuple[str, bytes]]) -> None:
        async with self._connection.transaction():
            for table, data in rows:
                await self._connection.copy_to_table(table, source=io.BytesIO(data), format="binary")


async def rows(url: str, at_once: int) -> list[list[tuple[str, bytes]]]:
    """Of every table that has one or more a task."""
    connection = await asyncpg.connect(url)
    try:
        names = [
            row[0] for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ]
        counts = {name: await connection.fetchval(f'SELECT count(*) FROM "{name}"') for name in names}
        of_tasks = [name for name, count in counts.items() if count >= at_once]
        batches = []
        for first in range(0, max(counts.values()) - at_once + 1, at_once):
            batch = []
            for name in of_tasks:
                data = io.BytesIO()
                query = f'SELECT * FROM "{name}" ORDER BY 1 OFFSET {first} LIMIT {at_once}'
                await connection.copy_from_query(query, output=data, format="binary")
                batch.append((name, data.getvalue()))
            batches.append(batch)
        return batches
    finally:
        await connection.close()
