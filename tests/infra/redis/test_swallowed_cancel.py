from __future__ import annotations

import asyncio

import pytest

from backstage.infra.redis.servers import propagating_cancel


async def _swallow() -> str:
    """What wait_for of Python 3.11 does when the cancel and the end come together."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return "sent"
    raise AssertionError("nobody cancelled it")


async def test_a_cancel_that_the_driver_swallowed_is_raised() -> None:
    task = asyncio.create_task(propagating_cancel(_swallow()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_timeout_within_the_call_is_no_cancel_of_the_task() -> None:
    async def call() -> str:
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            return "late"
        raise AssertionError("no timeout")

    assert await propagating_cancel(call()) == "late"
