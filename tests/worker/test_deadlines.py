from __future__ import annotations

import asyncio
from functools import partial

import pytest

from backstage.worker.middleware.deadlines import Deadlines
from tests.worker.workers import DEADLINE


async def test_deadlines_pass_in_time_whatever_the_order_in_which_they_were_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deadlines, passed, last = Deadlines(), [], asyncio.Event()
    now = asyncio.get_running_loop().time()
    with monkeypatch.context() as at_once:
        at_once.setattr(asyncio.get_running_loop(), "time", lambda: now)
        for seconds in (0.03, 0.01, 0.02):
            deadlines.start(seconds, partial(passed.append, seconds))
        deadlines.start(0.04, last.set)
    async with asyncio.timeout(DEADLINE):
        await last.wait()
    assert passed == [0.01, 0.02, 0.03]


async def test_one_that_was_ended_never_passes_and_the_others_do() -> None:
    deadlines, passed, last = Deadlines(), [], asyncio.Event()
    ended = deadlines.start(0.01, partial(passed.append, "ended"))
    deadlines.start(0.02, last.set)
    deadlines.end(ended)
    async with asyncio.timeout(DEADLINE):
        await last.wait()
    assert not passed
    assert not ended.has_passed


async def test_one_started_after_a_later_one_rings_first() -> None:
    deadlines, first = Deadlines(), asyncio.Event()
    late = deadlines.start(DEADLINE * 10, first.set)
    early = deadlines.start(0.01, first.set)
    async with asyncio.timeout(DEADLINE):
        await first.wait()
    assert (early.has_passed, late.has_passed) == (True, False)
    deadlines.close()


async def test_nothing_passes_once_they_are_closed() -> None:
    deadlines, passed, later = Deadlines(), [], asyncio.Event()
    deadlines.start(0.01, partial(passed.append, "closed"))
    deadlines.close()
    asyncio.get_running_loop().call_later(0.05, later.set)
    async with asyncio.timeout(DEADLINE):
        await later.wait()
    assert not passed
