"""What a running task tells while one looks: lines of its log, and what its handler emits."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from backstage.app.use_cases import UseCases
from backstage.domain.errors import TaskError
from backstage.domain.followed_event import EventKind, FollowedEvent
from backstage.pages.asked_number import asked_number
from backstage.pages.live_stream import beats_of
from backstage.pages.pulse import Pulse
from backstage.pages.side_by_side import side_by_side
from backstage.pages.site import Site
from backstage.pages.while_admitted import while_admitted

_SHOWN = frozenset({EventKind.CHUNK, EventKind.LOG, EventKind.RESTARTED, EventKind.DROPPED})
_LONGEST = 4000


def told_route(site: Site, pulse: Pulse) -> Route:
    """The beats come with it: a browser keeps few connections to one server, so a page has one stream."""

    async def answer(request: Request) -> Response:
        use_cases = await site.use_cases_for(request)
        if use_cases is None:
            return Response(status_code=401)
        last = request.headers.get("last-event-id") or request.query_params.get("after", "")
        events = _events(use_cases, request.path_params["id"], asked_number(last) or 0)
        headers = {"x-accel-buffering": "no", "cache-control": "no-store"}
        both = side_by_side(events, beats_of(pulse, use_cases))
        admitted = while_admitted(both, site.use_cases_for, request, use_cases)
        return StreamingResponse(admitted, media_type="text/event-stream", headers=headers)

    return Route("/tasks/{id}/told", answer)


async def _events(use_cases: UseCases, task_id: str, after: int) -> AsyncGenerator[str, None]:
    """The last event is `end`."""
    try:
        async for event in use_cases.follow(task_id, after=after):
            if event.kind in _SHOWN:
                yield f"id: {event.number}\ndata: {_text_of(event)}\n\n"
    except TaskError:  # it was deleted, or the store does not answer: the page says so when it is loaded again
        pass
    yield "event: end\ndata: \n\n"


def _text_of(event: FollowedEvent) -> str:
    told = {"kind": event.kind.value, "at": event.at.isoformat(), "attempt": event.attempt, "data": event.data}
    text = json.dumps(told)
    return text if len(text) <= _LONGEST else json.dumps({**told, "data": f"{str(event.data)[:_LONGEST]}…"})
