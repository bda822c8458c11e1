"""Serves a worker's status from a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Self

import uvicorn

from backstage.domain.errors import ConfigurationError
from backstage.worker import log_events
from backstage.worker.runtime.aside import in_own_thread
from backstage.worker.status.app import status_app
from backstage.worker.status.bounded_http import BoundedHttp
from backstage.worker.status.observed import Observed
from backstage.worker.status.pulse import Pulse

if TYPE_CHECKING:
    from backstage.worker.hosting.worker import Worker

_BACKLOG = 64


class StatusServer:
    """Serves while entered, which is on the worker's loop and before the worker starts.

    Raises ConfigurationError where it cannot listen. Port 0 is a free one; `port` says which.
    """

    def __init__(self, worker: Worker, host: str, port: int, *, stuck_after: float) -> None:
        self._worker = worker
        self._host, self.port = host, port
        self._stuck_after = stuck_after
        self._leaving = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            listener = stack.enter_context(_listening(self._host, self.port))
            self.port = listener.getsockname()[1]
            pulse = Pulse()
            beating = asyncio.create_task(pulse.run(), name="backstage-pulse")
            stack.callback(beating.cancel)
            observed = Observed(
                self._worker,
                self._worker.backstage.backend,
                self._worker.measure_store(),
                pulse,
                asyncio.get_running_loop(),
                stuck_after=self._stuck_after,
            )

            await stack.enter_async_context(in_own_thread("backstage-status", partial(_serve, observed, listener)))
            host = f"[{self._host}]" if ":" in self._host else self._host
            self._worker.backstage.logger.info(log_events.STATUS_SERVED, url=f"http://{host}:{self.port}/health")
            self._leaving = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._leaving.aclose()


async def _serve(observed: Observed, listener: socket.socket) -> None:
    """Serve until cancelled; requests under way are answered."""
    server = _server(observed)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await serving


def _server(observed: Observed) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            status_app(observed),
            http=BoundedHttp,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            backlog=_BACKLOG,
            timeout_graceful_shutdown=1,
        )
    )


def _listening(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return socket.create_server(found[0][4][:2], family=found[0][0], backlog=_BACKLOG)
    except OSError as error:
        raise ConfigurationError("http", f"cannot listen on {host}:{port}: {error.strerror or error}") from None
