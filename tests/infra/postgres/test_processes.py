from __future__ import annotations

import asyncio
import os
import threading

import pytest

from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import Trial
from backstage.domain.errors import ConfigurationError, StorageUnavailableError
from backstage.infra.postgres.backend import PostgresBackend
from backstage.testing.fake_clock import FakeClock


def _in_a_child(call: object) -> str:
    """Fork, run the coroutine function there, and return what it said."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, asyncio.run(call()).encode())  # type: ignore[operator]
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return text


async def test_a_forked_child_is_told_to_open_its_own(trial: Trial) -> None:
    await trial.added()

    async def use() -> str:
        try:
            await trial.tasks.counts()
        except ConfigurationError as error:
            return str(error)
        return "it answered"

    assert "after the fork" in await asyncio.to_thread(_in_a_child, use)
    assert len(await trial.claim()) == 1


async def test_a_store_that_is_not_open_says_so(url: str, clock: FakeClock) -> None:
    with pytest.raises(StorageUnavailableError, match="not open"):
        await PostgresBackend.from_url(url, clock).tasks.counts()


async def test_a_lease_is_renewed_while_a_handler_blocks_the_loop_of_the_store(
    trial: Trial, new_task: TaskFactory
) -> None:
    running = await trial.running()
    renewed = threading.Event()

    async def renew() -> None:
        async with trial.backend.lease_queue() as leases:
            assert (await leases.renew({running.id: running.fence}, 60.0)).lost == frozenset()
            renewed.set()

    keeper = threading.Thread(target=asyncio.run, args=(renew(),))
    keeper.start()
    assert renewed.wait(20.0)  # this blocks the loop
    await asyncio.to_thread(keeper.join)
