from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable

import pytest

from backstage.conformance.trial import LEASE, Trial
from backstage.domain.errors import ConfigurationError, StorageUnavailableError
from backstage.infra.redis.backend import RedisBackend


async def test_a_forked_child_is_refused_and_leaves_the_parent_its_connections(redis_url: str) -> None:
    backend = RedisBackend.from_url(redis_url, None)
    await backend.open()
    child = os.fork()
    if child == 0:
        os._exit(_refused_in_child(backend))
    _, status = await asyncio.to_thread(os.waitpid, child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert await backend.tasks.counts() == []
    await backend.close()


def _refused_in_child(backend: RedisBackend) -> int:
    async def use() -> int:
        try:
            await backend.tasks.counts()
        except ConfigurationError as error:
            return 0 if "after the fork" in str(error) else 2
        return 3

    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(asyncio.new_event_loop().run_until_complete(use())))
    thread.start()
    thread.join(10)
    return answers[0] if answers else 4


async def test_a_store_that_is_not_open_says_so(redis_url: str) -> None:
    backend = RedisBackend.from_url(redis_url, None)
    with pytest.raises(StorageUnavailableError, match="open it first"):
        await backend.tasks.counts()


async def test_leases_are_renewed_on_a_loop_of_their_own_while_the_first_is_blocked(trial: Trial) -> None:
    running = await trial.running()

    async def renew() -> bool:
        async with trial.backend.lease_queue() as leases:
            return (await leases.renew({running.id: running.fence}, LEASE)).lost == frozenset()

    renewed: list[bool] = []
    thread = threading.Thread(target=_run(renew, renewed))
    thread.start()
    thread.join(10)  # blocks this loop
    assert renewed == [True]


def _run(call: Callable[[], object], answers: list[bool]) -> Callable[[], None]:
    return lambda: answers.append(asyncio.run(call()))  # type: ignore[arg-type]


async def test_calls_that_come_together_share_a_round_trip(trial: Trial) -> None:
    tasks = [trial.new_task() for _ in range(50)]
    answers = await asyncio.gather(*(trial.tasks.add([task]) for task in tasks))
    assert answers == [[None]] * 50
    assert [task.id for task in await trial.claim(100)] == [task.id for task in tasks]


async def test_an_enqueue_that_was_given_up_stops_no_other(trial: Trial) -> None:
    given_up = asyncio.ensure_future(trial.tasks.add([trial.new_task()]))
    others = [asyncio.ensure_future(trial.tasks.add([trial.new_task()])) for _ in range(5)]
    await asyncio.sleep(0)
    given_up.cancel()
    assert await asyncio.gather(*others) == [[None]] * 5
