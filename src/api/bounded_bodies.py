from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backstage.api.problems import Problem, problem_answer
from backstage.api.refusal import Refusal

LARGEST_BODY = 16 * 1024 * 1024
"""Bytes: a thousand tasks of common size, or sixteen of the largest."""
_STATUS = 413
_DETAIL = f"the body is larger than {LARGEST_BODY:,} bytes: send fewer tasks at once"


class BoundedBodies:
    """Refuses a request whose body is too large, before it is held in memory."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif _told_length(scope) > LARGEST_BODY:
            await problem_answer(Problem.of_status(_STATUS, _DETAIL))(scope, receive, send)
        else:
            await self._app(scope, _bounded(receive), send)


def _told_length(scope: Scope) -> int:
    try:
        return int(dict(scope["headers"]).get(b"content-length", b"0"))
    except ValueError:
        return 0


def _bounded(receive: Receive) -> Receive:
    """A body that did not say its length is refused where it is read too far."""
    received = 0

    async def bounded() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > LARGEST_BODY:
            raise Refusal(_STATUS, "content-too-large", _DETAIL)
        return message

    return bounded
