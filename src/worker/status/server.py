"""Serves a worker's status from a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Self

from backstage.domain.extras import needing
from backstage.worker import log_events
from backstage.worker.runtime.background_thread import in_background_thread
from backstage.worker.status.event_loop_lag import LoopLag
from backstage.worker.status.listening import listening, serve
from backstage.worker.status.observed import Observed

if TYPE_CHECKING:
    from backstage.worker.hosting.worker import Worker


class StatusServer:
    """Serves health and metrics of a worker over HTTP, and the API and the pages of its store.

    Enter it on the worker's loop, before the worker starts. It is made only where the extra `web` is installed: else it
    raises MissingExtraError. Entering it raises ConfigurationError where it cannot listen. Port 0 is a free one; `port`
    says which.
    """

    def __init__(self, worker: Worker, host: str, port: int, *, stuck_after: float) -> None:
        with needing("web", "http"):
            from backstage.worker.status.app import status_app  # noqa: PLC0415 - for those who want one
            from backstage.worker.status.beside import Beside, app_over  # noqa: PLC0415
            from backstage.worker.status.web_server import web_server  # noqa: PLC0415
        self._new_server = lambda observed: web_server(
            Beside(status_app(observed), partial(app_over, worker.backstage))
        )
        self._worker = worker
        self._host, self.port = host, port
        self._stuck_after = stuck_after
        self._leaving = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            listener = stack.enter_context(listening(self._host, self.port))
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

            serving = partial(serve, partial(self._new_server, observed), listener)
            await stack.enter_async_context(in_background_thread("backstage-status", serving))
            host = f"[{self._host}]" if ":" in self._host else self._host
            self._worker.backstage.logger.info(log_events.STATUS_SERVED, url=f"http://{host}:{self.port}/health")
            self._leaving = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._leaving.aclose()
