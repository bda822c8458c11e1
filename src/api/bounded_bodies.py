from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backstage.api.problems import Problem, problem_answer

LARGEST_BODY = 16 * 1024 * 1024
"""Bytes: a thousand tasks of common size, or sixteen of the largest."""


class BoundedBodies:
    """Refuses a request whose body is too large, before it is held in memory."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            length = int(dict(scope["headers"]).get(b"content-length", b"0"))
        except ValueError:
            length = 0
        if length > LARGEST_BODY:
            await _too_large()(scope, receive, send)
            return
        await self._app(scope, _bounded(receive), send)


def _bounded(receive: Receive) -> Receive:
    """A body that did not say its length is cut off where it is too large, as if the client had gone."""
    received = 0

    async def bounded() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        return message if received <= LARGEST_BODY else {"type": "http.disconnect"}

    return bounded


def _too_large() -> ASGIApp:
    detail = f"the body is larger than {LARGEST_BODY:,} bytes: send fewer tasks at once"
    kind, title = "urn:backstage:content-too-large", "Content Too Large"
    return problem_answer(Problem(type=kind, title=title, status=413, detail=detail))
