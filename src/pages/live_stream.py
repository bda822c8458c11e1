"""The stream of server-sent events that keeps pages new."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from backstage.app.use_cases import UseCases
from backstage.pages.pulse import Pulse
from backstage.pages.site import Site
from backstage.pages.while_admitted import while_admitted


def live_route(site: Site, pulse: Pulse) -> Route:
    async def answer(request: Request) -> Response:
        use_cases = await site.use_cases_for(request)
        if use_cases is None:
            return Response(status_code=401)
        events = while_admitted(
            beats_of(pulse, use_cases, request.query_params.get("seen", "")), site.use_cases_for, request, use_cases
        )
        headers = {"x-accel-buffering": "no", "cache-control": "no-store"}
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)

    return Route("/live", answer)


async def beats_of(pulse: Pulse, use_cases: UseCases, seen: str = "") -> AsyncGenerator[str, None]:
    """The event is `changed`, `silent`, or else `beat`: then only what runs may have moved on."""
    yield "retry: 1000\n\n"
    async for beat in pulse.follow(use_cases, seen):
        yield f"event: {beat}\ndata: \n\n"
