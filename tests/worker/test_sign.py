"""What beats tell the loops of a worker."""

from __future__ import annotations

import asyncio

import pytest

from backstage.domain.store_signs import NOTHING, SOMETHING, UNKNOWN, StoreSigns
from backstage.domain.subscription import Subscription
from backstage.worker.runtime.sign import Sign, Signs
from tests.worker.workers import Workers, memory, until


async def _done() -> None:
    """A turn that leaves nothing to do."""


async def test_a_loop_rests_only_after_a_beat_has_told_the_same_as_before() -> None:
    sign, seen = Sign(), []
    for told in (SOMETHING, "a", "a", "b", NOTHING, SOMETHING, SOMETHING):
        sign.tell(told)
        seen.append(sign.is_over)
        await sign.heeding(_done)()
    assert seen == [True, True, False, True, True, True, True]


async def test_what_only_time_changes_needs_no_look_once_it_is_gone() -> None:
    sign, seen = Signs(5.0).of("leases", 10.0), []
    for told in (NOTHING, SOMETHING, SOMETHING, NOTHING):
        sign.tell(told)
        seen.append(sign.is_over)
    assert seen == [False, True, True, False]


async def test_a_loop_that_rests_wakes_when_something_changes() -> None:
    sign = Sign()
    sign.tell("a")
    await sign.heeding(_done)()
    resting = asyncio.create_task(sign.wait())
    await asyncio.sleep(0)
    assert not resting.done()
    sign.tell("b")
    await resting


async def test_a_turn_that_failed_or_left_something_is_made_again_without_rest() -> None:
    sign = Sign()
    sign.tell("a")

    async def fails() -> None:
        raise ValueError

    async def leaves_something() -> bool:
        return True

    with pytest.raises(ValueError):
        await sign.heeding(fails)()
    assert sign.is_over
    await sign.heeding(leaves_something)()
    assert sign.is_over
    await sign.heeding(_done)()
    assert not sign.is_over


async def test_after_a_beat_that_failed_and_for_a_loop_that_looks_more_often_nothing_is_told() -> None:
    signs = Signs(5.0)
    often, seldom = signs.of("schedules", 4.9), signs.of("leases", 5.0)
    signs.tell(StoreSigns(schedules=NOTHING, leases=NOTHING))
    for each in (often, seldom):
        await each.heeding(_done)()
    assert (often.is_over, seldom.is_over) == (True, False)
    signs.tell(UNKNOWN)
    assert seldom.is_over


async def test_a_worker_that_rests_hears_of_a_subscription_that_was_made_elsewhere(workers: Workers) -> None:
    backend, looks = memory(), []
    find_all = backend.subscriptions.all

    async def counted() -> list[object]:
        looks.append(1)
        return list(await find_all())

    backend.subscriptions.all = counted  # type: ignore[method-assign, assignment]
    worker = workers.over(backend, until_idle=False, lease=0.3, subscription_interval=0.1)
    worker.on("t", lambda: None)
    await worker.start()
    await until(lambda: len(looks) == 2)  # at the start, and after the first beat
    await backend.subscriptions.put(Subscription(name="alerts"))
    await until(lambda: len(looks) == 3)
