"""What only the memory store has to answer for; all else it shares with the others (tests/conformance)."""

from __future__ import annotations

import asyncio

import pytest

from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import claim_request
from backstage.domain.errors import TaskNotFoundError
from backstage.infra.memory.backend import MemoryBackend
from backstage.testing.fake_clock import FakeClock


async def test_two_stores_share_nothing(clock: FakeClock, new_task: TaskFactory) -> None:
    one, other = MemoryBackend(clock), MemoryBackend(clock)
    task = new_task()
    await one.tasks.add([task])
    with pytest.raises(TaskNotFoundError):
        await other.tasks.get(task.id)


async def test_a_store_keeps_its_tasks_while_it_is_closed_and_opened_again(
    clock: FakeClock, new_task: TaskFactory
) -> None:
    backend, task = MemoryBackend(clock), new_task()
    await backend.open()
    await backend.tasks.add([task])
    await backend.close()
    await backend.open()
    assert await backend.tasks.get(task.id) == task


async def test_a_wakeup_that_ended_is_not_called_any_more(clock: FakeClock, new_task: TaskFactory) -> None:
    backend = MemoryBackend(clock)
    async with backend.wakeup() as wakeup:
        await wakeup.wait(0.0)
    await backend.tasks.add([new_task()])
    begun = asyncio.get_running_loop().time()
    await wakeup.wait(0.05)
    assert asyncio.get_running_loop().time() - begun >= 0.04


async def test_a_task_that_waited_and_waited_again_is_given_once(clock: FakeClock, new_task: TaskFactory) -> None:
    """Each wait leaves an entry behind that is out of date once the task is claimed."""
    backend = MemoryBackend(clock)
    await backend.tasks.add([new_task()])
    for _ in range(20):
        [running] = (await backend.queue.claim(claim_request(5))).tasks
        await backend.queue.settle([running.snoozed(0.0)])
    assert len((await backend.queue.claim(claim_request(5))).tasks) == 1
    assert (await backend.queue.claim(claim_request(5))).tasks == ()
