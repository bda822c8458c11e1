"""Serves a worker's status from a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Self

from backstage.domain.errors import ConfigurationError
from backstage.domain.extras import needing
from backstage.worker import log_events
from backstage.worker.runtime.background_thread import in_background_thread
from backstage.worker.status.event_loop_lag import LoopLag
from backstage.worker.status.observed import Observed

if TYPE_CHECKING:
    import uvicorn

    from backstage.worker.hosting.worker import Worker

BACKLOG = 64


class StatusServer:
    """Serves health and metrics of a worker over HTTP. Enter it on the worker's loop, before the worker starts.

    It is made only where the extra `web` is installed: else it raises MissingExtraError. Entering it raises
    ConfigurationError where it cannot listen. Port 0 is a free one; `port` says which.
    """

    def __init__(self, worker: Worker, host: str, port: int, *, stuck_after: float) -> None:
        with needing("web", "http"):
            from backstage.worker.status.web_server import web_server  # noqa: PLC0415 - for those who want one
        self._new_server = web_server
        self._worker = worker
        self._host, self.port = host, port
        self._stuck_after = stuck_after
        self._leaving = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            listener = stack.enter_context(_listening(self._host, self.port))
            self.port = listener.getsockname()[1]
            lag = LoopLag()
            watching = asyncio.create_task(lag.run(), name="backstage-lag")
            stack.callback(watching.cancel)
            observed = Observed(
                self._worker,
                self._worker.backstage.backend,
                self._worker.measure_store(),
                lag,
                asyncio.get_running_loop(),
                stuck_after=self._stuck_after,
            )

            serving = partial(_serve, partial(self._new_server, observed), listener)
            await stack.enter_async_context(in_background_thread("backstage-status", serving))
            host = f"[{self._host}]" if ":" in self._host else self._host
            self._worker.backstage.logger.info(log_events.STATUS_SERVED, url=f"http://{host}:{self.port}/health")
            self._leaving = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._leaving.aclose()


async def _serve(new_server: Callable[[], uvicorn.Server], listener: socket.socket) -> None:
    """Serve until cancelled; requests under way are answered."""
    server = new_server()
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await serving


def _listening(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return socket.create_server(found[0][4][:2], family=found[0][0], backlog=BACKLOG)
    except OSError as error:
        raise ConfigurationError("http", f"cannot listen on {host}:{port}: {error.strerror or error}") from None
