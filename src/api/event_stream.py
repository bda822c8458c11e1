"""Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from fastapi import Request
from fastapi.responses import StreamingResponse

from backstage.api.admission import Admission
from backstage.app.guarded_use_cases import GuardedUseCases
from backstage.pages.while_admitted import while_admitted

BEAT = 15.0
"""Seconds after which a stream that has nothing to tell says so, because proxies cut off what is silent."""
_EVENT = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "event": {"type": "string"}, "data": {"type": "string"}},
    "required": ["event", "data"],
}
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Server-sent events", "content": {"text/event-stream": {"schema": _EVENT}}}
}
"""For the `responses` of a route."""
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def event(kind: str, data: str, number: int | None = None) -> str:
    """One event; `data` is text of one line, such as JSON."""
    numbered = "" if number is None else f"id: {number}\n"
    return f"{numbered}event: {kind}\ndata: {data}\n\n"


def event_stream(
    events: AsyncGenerator[str, None], request: Request, asked: GuardedUseCases, beat: float = BEAT
) -> StreamingResponse:
    """The events for whoever has sent the request, for as long as that one is let in."""
    admission: Admission = request.app.state.admission
    events = while_admitted(events, admission.find, request, asked)
    return StreamingResponse(_with_beats(events, beat), media_type="text/event-stream", headers=_HEADERS)


async def _with_beats(events: AsyncGenerator[str, None], beat: float) -> AsyncIterator[str]:
    """The events, and a comment wherever there is none for `beat` seconds."""
    waiting = asyncio.ensure_future(anext(events))
    try:
        while True:
            done, _ = await asyncio.wait({waiting}, timeout=beat)
            if not done:
                yield ": beat\n\n"
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
