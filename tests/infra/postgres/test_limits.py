"""What the server never takes: refused by itself, and nobody else's loss."""

from __future__ import annotations

import asyncpg
import pytest

from backstage import Worker
from backstage.conformance.trial import Trial
from backstage.domain.errors import StorageRefusedError
from tests.worker.too_large import one_end_is_too_large
from tests.worker.workers import Workers


async def test_an_end_that_breaks_a_limit_of_the_database_is_a_failed_attempt(url: str) -> None:
    database, _, schema = url.partition("?schema=")

    async def limit_payloads(worker: Worker) -> None:
        connection = await asyncpg.connect(database)
        await connection.execute(f"ALTER TABLE {schema}.backstage_tasks ADD CHECK (length(payload) < 500000)")
        await connection.close()

    await one_end_is_too_large(Workers(url), limit_payloads)


async def test_what_no_column_or_index_can_hold_is_refused_as_such(trial: Trial) -> None:
    running = await trial.running()
    for wrong in (
        trial.new_task(priority=1_000_000),
        trial.new_task(correlation_id="".join(f"{number:x}" for number in range(3000))),
        trial.new_task(payload_json='"\0"'),
    ):
        with pytest.raises(StorageRefusedError):
            await trial.settle(running.completed(None, (wrong,)))
    assert await trial.settle(running.completed()) is not None
