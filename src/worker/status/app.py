"""The paths under which a worker's status is served, and the status codes of the answers."""

from __future__ import annotations

import asyncio
from typing import Any

from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from backstage.worker.status.health import BLOCKED, health, liveness, readiness
from backstage.worker.status.observed import Observed
from backstage.worker.status.prometheus import Metrics


def status_app(observed: Observed) -> Starlette:
    """An ASGI application for another thread's loop than the worker's: it must answer while that one is blocked."""
    pages = _Pages(observed)
    return Starlette(
        routes=[
            Route("/health/live", pages.live),
            Route("/health/ready", pages.ready),
            Route("/health", pages.health),
            Route("/health/acknowledge", pages.acknowledge, methods=["POST"]),
            Route("/metrics", pages.metrics),
        ]
    )


class _Pages:
    def __init__(self, observed: Observed) -> None:
        self._observed = observed
        self._worker = observed.worker
        self._metrics = Metrics(observed)

    async def live(self, request: Request) -> Response:
        all_hung_for = self._worker.vital_signs().all_hung_for
        report = liveness(self._observed.lag.blocked_for(), self._observed.stuck_after, all_hung_for)
        return _answer(report, report["live"])

    async def ready(self, request: Request) -> Response:
        await self._probe()
        blocked_for = self._observed.lag.blocked_for()
        report = readiness(self._worker.vital_signs(), blocked_for, self._observed.probe.problem)
        return _answer(report, report["ready"])

    async def health(self, request: Request) -> Response:
        await self._probe()
        report = health(
            self._worker.vital_signs(),
            self._worker.metrics,
            self._observed.probe.answer or (),
            self._observed.lag.blocked_for(),
            self._observed.probe.problem,
        )
        return _answer(report, report["healthy"])

    async def acknowledge(self, request: Request) -> Response:
        self._worker.acknowledge_emptied_store()
        return _answer({"acknowledged": True}, True)

    async def metrics(self, request: Request) -> Response:
        if self._observed.lag.blocked_for() <= BLOCKED:
            await self._observed.figures.refresh()
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(await asyncio.to_thread(encode, self._metrics), headers={"Content-Type": content_type})

    async def _probe(self) -> None:
        if self._observed.lag.blocked_for() <= BLOCKED:
            await self._observed.probe.refresh()


def _answer(report: dict[str, Any], is_good: bool) -> Response:
    return JSONResponse(report, 200 if is_good else 503, headers={"Cache-Control": "no-store"})
