"""The metrics of a store that is served without a worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from backstage.domain.ports.backend import Backend
from backstage.worker.status.observed import FIGURES_KEPT_FOR
from backstage.worker.status.prometheus import store_metrics
from backstage.worker.status.store_figures import StoreFigures


class _Read(Collector):
    def __init__(self, figures: StoreFigures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        yield from store_metrics(self._figures)


def metrics_of(backend: Backend) -> Callable[[Request], Awaitable[Response]]:
    """Return what answers a scrape. However many scrape, the store is asked once in five seconds."""
    reading = asyncio.Lock()
    kept: list[tuple[float, StoreFigures]] = []

    async def answer(request: Request) -> Response:
        async with reading:
            if not kept or time.monotonic() - kept[0][0] >= FIGURES_KEPT_FOR:
                kept[:] = [(time.monotonic(), await StoreFigures.read(backend))]
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(_Read(kept[0][1])), headers={"Content-Type": content_type})

    return answer
