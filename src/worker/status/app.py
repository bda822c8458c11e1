"""The paths under which a worker's status is served."""

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
    metrics = Metrics(observed)

    async def live(request: Request) -> Response:
        all_hung_for = observed.worker.vital_signs().all_hung_for
        report = liveness(observed.lag.blocked_for(), observed.stuck_after, all_hung_for)
        return _answer(report, report["live"])

    async def ready(request: Request) -> Response:
        await _probe()
        report = readiness(observed.worker.vital_signs(), observed.lag.blocked_for(), observed.probe.problem)
        return _answer(report, report["ready"])

    async def whole(request: Request) -> Response:
        await _probe()
        report = health(
            observed.worker.vital_signs(),
            observed.worker.metrics,
            observed.probe.answer or (),
            observed.lag.blocked_for(),
            observed.probe.problem,
        )
        return _answer(report, report["healthy"])

    async def acknowledge(request: Request) -> Response:
        observed.worker.acknowledge_emptied_store()
        return _answer({"acknowledged": True}, True)

    async def prometheus(request: Request) -> Response:
        if observed.lag.blocked_for() <= BLOCKED:
            await observed.figures.refresh()
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(await asyncio.to_thread(encode, metrics), headers={"Content-Type": content_type})

    async def _probe() -> None:
        if observed.lag.blocked_for() <= BLOCKED:
            await observed.probe.refresh()

    return Starlette(
        routes=[
            Route("/health/live", live),
            Route("/health/ready", ready),
            Route("/health", whole),
            Route("/health/acknowledge", acknowledge, methods=["POST"]),
            Route("/metrics", prometheus),
        ]
    )


def _answer(report: dict[str, Any], is_good: bool) -> Response:
    return JSONResponse(report, 200 if is_good else 503, headers={"Cache-Control": "no-store"})
