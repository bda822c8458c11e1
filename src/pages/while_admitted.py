"""A stream goes on for no longer than whoever opened it is let in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from starlette.exceptions import HTTPException
from starlette.requests import Request

from backstage.app.use_cases import UseCases
from backstage.domain.errors import TaskError
from backstage.domain.identity import Identity
from backstage.pages.site import UseCasesFor

ASK_AGAIN = 5.0
"""Seconds after which it is asked again who has opened the stream."""


async def while_admitted(
    events: AsyncGenerator[str, None], use_cases_for: UseCasesFor, request: Request, opened_by: UseCases
) -> AsyncGenerator[str, None]:
    """The events, until the token of the request is revoked or expires, or whoever sends it has got other rights.

    A client that connects again learns why.
    """
    now = asyncio.get_running_loop().time
    ask_at = now() + ASK_AGAIN
    waiting = asyncio.ensure_future(anext(events))
    try:
        while True:
            done, _ = await asyncio.wait({waiting}, timeout=max(0.0, ask_at - now()))
            if now() >= ask_at:
                if not await _is_admitted(use_cases_for, request, opened_by):
                    return
                ask_at = now() + ASK_AGAIN
            if not done:
                continue
            try:
                yield waiting.result()
            except StopAsyncIteration:
                return
            waiting = asyncio.ensure_future(anext(events))
    finally:
        waiting.cancel()
        await asyncio.wait({waiting})
        await events.aclose()


async def _is_admitted(use_cases_for: UseCasesFor, request: Request, opened_by: UseCases) -> bool:
    try:
        now = await use_cases_for(request)
    except TaskError:  # the store does not answer: that decides nothing
        return True
    except HTTPException:
        return False
    return now is not None and _identity_of(now) == _identity_of(opened_by)


def _identity_of(use_cases: UseCases) -> Identity | None:
    """None of use cases that are nobody's."""
    return getattr(use_cases, "identity", None)
