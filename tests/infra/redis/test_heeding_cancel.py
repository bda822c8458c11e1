from __future__ import annotations

import asyncio

import pytest

from backstage.infra.redis.heeding_cancel import heeding_cancel


async def _swallow() -> str:
    """What wait_for of Python 3.11 does when the cancel and the end come together."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return "sent"
    raise AssertionError("nobody cancelled it")


async def test_a_swallowed_cancel_is_heeded_after_all() -> None:
    task = asyncio.create_task(heeding_cancel(_swallow()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_timeout_within_the_call_is_the_calls_own_matter() -> None:
    async def call() -> str:
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            return "late"
        raise AssertionError("no timeout")

    assert await heeding_cancel(call()) == "late"
