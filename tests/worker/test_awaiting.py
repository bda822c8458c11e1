"""What a worker and a scheduler do while their store does not answer yet."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from backstage import CronTask, Scheduler, Worker
from backstage.domain.errors import StorageUnavailableError
from backstage.infra.container import Container
from backstage.infra.memory.backend import MemoryBackend
from backstage.infra.settings.settings import Settings
from tests.worker.workers import DEADLINE, memory, until


class Late:
    """Away until `arrive`; with `is_silent` it does not even refuse."""

    def __init__(self, backend: MemoryBackend, *, is_silent: bool = False) -> None:
        self.backend, self.is_silent = backend, is_silent
        self.tries = 0
        self._open = backend.open
        self._has_arrived = False
        backend.open = self._try  # type: ignore[method-assign]

    def arrive(self) -> None:
        self._has_arrived = True

    async def _try(self, *how: Any) -> None:
        self.tries += 1
        if self.is_silent:
            await asyncio.Event().wait()
        if not self._has_arrived:
            raise StorageUnavailableError("nobody is there")
        await self._open(*how)


def _container(late: Late, **settings: Any) -> Container:
    return Container(Settings.load(url="memory://", silent=True, **settings), backend=late.backend)


async def test_run_waits_for_the_store_and_then_works(own_directory: None) -> None:
    late = Late(memory())
    worker = Worker(container=_container(late, until_idle=True))
    running = asyncio.create_task(worker.run())
    await until(lambda: late.tries > 1)
    late.arrive()
    await asyncio.wait_for(running, DEADLINE)


async def test_start_does_not_wait(own_directory: None) -> None:
    late = Late(memory())
    with pytest.raises(StorageUnavailableError):
        await Worker(container=_container(late)).start()
    assert late.tries == 1


async def test_run_gives_up_after_its_timeout_and_may_be_called_again(own_directory: None) -> None:
    late = Late(memory())
    worker = Worker(container=_container(late, start_timeout=0.0, until_idle=True))
    with pytest.raises(StorageUnavailableError):
        await worker.run()
    late.arrive()
    await asyncio.wait_for(worker.run(), DEADLINE)


@pytest.mark.parametrize("is_silent", [False, True])
async def test_stop_ends_the_waiting(own_directory: None, is_silent: bool) -> None:
    late = Late(memory(), is_silent=is_silent)
    worker = Worker(container=_container(late))
    running = asyncio.create_task(worker.run())
    await until(lambda: late.tries)
    await asyncio.wait_for(worker.stop(), DEADLINE)
    await asyncio.wait_for(running, DEADLINE)


async def test_who_enqueues_while_the_waiting_ends_learns_that_nothing_was_stored(own_directory: None) -> None:
    late = Late(memory(), is_silent=True)
    worker = Worker(container=_container(late))
    running = asyncio.create_task(worker.run())
    await until(lambda: late.tries)
    enqueueing = asyncio.create_task(worker.enqueue("email:send"))
    await asyncio.sleep(0)
    await worker.stop()
    with pytest.raises(StorageUnavailableError, match="stopped"):
        await enqueueing
    await running


async def test_a_scheduler_waits_fires_and_stops(own_directory: None) -> None:
    late = Late(memory())
    scheduler = Scheduler(worker=Worker(container=_container(late)), schedules=[CronTask("every 1s", "tick")])
    running = asyncio.create_task(scheduler.run())
    await until(lambda: late.tries > 1)
    late.arrive()

    async def pending() -> int:
        return (await scheduler.backstage.get_task_stats()).pending

    async with asyncio.timeout(DEADLINE):
        while not await pending():  # noqa: ASYNC110 - the scheduler brings it about
            await asyncio.sleep(0.01)
    await scheduler.stop()
    await asyncio.wait_for(running, DEADLINE)


async def test_a_scheduler_that_waits_stops_when_told(own_directory: None) -> None:
    late = Late(memory(), is_silent=True)
    scheduler = Scheduler(worker=Worker(container=_container(late)))
    running = asyncio.create_task(scheduler.run())
    await until(lambda: late.tries)
    await scheduler.stop()
    await asyncio.wait_for(running, DEADLINE)
