"""A server that is killed, as a power cut would, has on its return all that it answered for."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import pytest

from backstage.conformance.backend_suite import on_trial
from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import Trial
from backstage.domain.errors import StorageUnavailableError
from backstage.domain.task_state import TaskState
from backstage.infra.postgres.backend import PostgresBackend
from backstage.testing.fake_clock import FakeClock
from tests.journeys.waiting import until
from tests.servers.postgres_instance import PostgresInstance

T = TypeVar("T")
TASKS, CLIENTS = 200, 4


@pytest.fixture
def server(own_postgres: Callable[..., PostgresInstance]) -> PostgresInstance:
    return own_postgres()


@pytest.fixture
async def trial(server: PostgresInstance, clock: FakeClock, new_task: TaskFactory) -> AsyncIterator[Trial]:
    async with on_trial(lambda clock: PostgresBackend.from_url(server.url, clock), clock, new_task) as trial:
        yield trial


async def test_a_killed_server_has_everything_when_it_is_back(trial: Trial, server: PostgresInstance) -> None:
    running, waiting = await trial.running(), [await trial.added() for _ in range(20)]
    server.kill()
    with pytest.raises(StorageUnavailableError):
        await trial.claim()
    server.start()
    assert await trial.queue.held_by("w1") == [running]
    assert [task.id for task in await trial.claim(50)] == [task.id for task in waiting]
    assert await trial.settle(running.completed()) is TaskState.COMPLETED


async def test_a_server_that_is_killed_under_load_loses_and_doubles_nothing(
    trial: Trial, server: PostgresInstance
) -> None:
    tasks = [trial.new_task() for _ in range(TASKS)]
    left, ended = iter(tasks), Counter[str]()

    async def produce() -> None:
        for task in left:
            await _insisted(lambda task=task: trial.tasks.add([task]))  # type: ignore[misc]

    async def consume(worker_id: str) -> None:
        while ended.total() < TASKS:
            # What a claim brought whose answer was lost is found by asking what is held.
            await _insisted(lambda: trial.claim(3, worker_id=worker_id))
            held = await _insisted(lambda: trial.queue.held_by(worker_id))
            states = await _insisted(lambda held=held: trial.queue.settle([task.completed() for task in held]))  # type: ignore[misc]
            ended.update(task.id for task, state in zip(held, states, strict=True) if state is TaskState.COMPLETED)

    clients = [produce() for _ in range(CLIENTS)] + [consume(f"w{n}") for n in range(CLIENTS)]
    working = asyncio.gather(*clients)
    await until("some ends", lambda: ended.total() >= TASKS // 4)
    server.kill()
    server.start()
    await working
    assert ended == Counter(task.id for task in tasks)
    assert await trial.tally() == {("default", "email:send", TaskState.COMPLETED): (TASKS, 0)}


async def _insisted(call: Callable[[], Awaitable[T]]) -> T:
    """The answer of the first call that has one."""
    while True:
        try:
            return await call()
        except StorageUnavailableError:
            await asyncio.sleep(0.01)
