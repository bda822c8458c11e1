"""Tables that are emptied under a process that goes on enqueueing."""

from __future__ import annotations

import asyncpg

from backstage.conformance.trial import Trial


async def test_tasks_of_a_producer_that_has_outlived_the_emptying_are_claimed(trial: Trial, url: str) -> None:
    await trial.added()
    address, _, schema = url.partition("?schema=")
    connection = await asyncpg.connect(address)
    tables = await connection.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = $1 AND tablename <> 'backstage_migrations'", schema
    )
    names = ", ".join(f'"{schema}".{name}' for (name,) in tables)
    await connection.execute(f"TRUNCATE {names}")
    await connection.close()
    task = await trial.added()
    assert not await trial.claim(10)
    await trial.queue.reclaim(5, 10)
    assert [claimed.id for claimed in await trial.claim(10)] == [task.id]
