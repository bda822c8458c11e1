"""The HTTP API and the pages of a worker's store, beside its status."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from backstage.app.use_cases import UseCases
from backstage.domain.no_listeners import NoListeners

_OF_THE_STATUS = frozenset({"health", "metrics"})
"""First parts of paths."""


class Beside:
    """Sends what is no path of the status to an application that is made for its first request, on a thread: probes are
    answered meanwhile, and a worker that nobody looks at holds no web framework in memory."""

    def __init__(self, status: ASGIApp, make: Callable[[], ASGIApp]) -> None:
        self._status, self._make = status, make
        self._making = asyncio.Lock()
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].lstrip("/").partition("/")[0] in _OF_THE_STATUS:
            await self._status(scope, receive, send)
            return
        async with self._making:
            if self._app is None:
                self._app = await asyncio.to_thread(self._make)
        await self._app(scope, receive, send)


def app_over(container: UseCases) -> ASGIApp:
    """Return the API and the pages. They have use cases of their own over the same store, for they run on another loop
    than the worker: an event of theirs is heard by nobody, as if another process had done it."""
    from backstage.api.app import backstage_app  # noqa: PLC0415 - see above
    from backstage.api.on_this_host import on_this_host  # noqa: PLC0415

    use_cases = UseCases(
        container.backend,
        NoListeners(),
        container.ids,
        container.trace,
        container.encode,
        configuration=container.configuration,
    )
    return backstage_app(use_cases, authorize=on_this_host(use_cases))
