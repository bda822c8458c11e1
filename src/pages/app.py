"""The pages as an ASGI application, to be served alone or mounted in another one."""

from __future__ import annotations

from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from backstage.domain.errors import StorageError
from backstage.pages.actions_page import action_page
from backstage.pages.answering import page_route
from backstage.pages.audit_page import audit_page
from backstage.pages.bulk_page import bulk_list_page, bulk_page, choose_bulk_page
from backstage.pages.failures_page import failures_page
from backstage.pages.keyboard import help_page
from backstage.pages.live_stream import live_route
from backstage.pages.more_page import more_page
from backstage.pages.new_schedule_page import new_schedule_page, schedule_preview_page
from backstage.pages.new_task_page import new_task_page
from backstage.pages.outage_log import OutageLog
from backstage.pages.overview_page import overview_page
from backstage.pages.palette_page import palette_page
from backstage.pages.problem_page import defect, no_such_page, nobody_known
from backstage.pages.protection import ProtectingHeaders
from backstage.pages.pulse import Pulse
from backstage.pages.queues_page import queues_page
from backstage.pages.schedules_page import schedules_page
from backstage.pages.sign_in import sign_in_routes
from backstage.pages.site import CheckToken, Site, UseCasesFor
from backstage.pages.static_files import VersionedFiles
from backstage.pages.system_page import system_page
from backstage.pages.task_page import task_page
from backstage.pages.tasks_page import completion_page, tasks_page
from backstage.pages.theme import theme_page
from backstage.pages.tokens_page import tokens_page
from backstage.pages.told_stream import told_route
from backstage.pages.type_page import type_page
from backstage.pages.types_page import types_page
from backstage.pages.visit import Visit
from backstage.pages.worker_stacks_page import worker_stacks_page
from backstage.pages.workers_page import workers_page

_PAGES = {
    "/": overview_page,
    "/tasks": tasks_page,
    "/tasks/{id}": task_page,
    "/complete": completion_page,
    "/bulk": bulk_list_page,
    "/bulk/{id}": bulk_page,
    "/all-that-match": choose_bulk_page,
    "/failures": failures_page,
    "/queues": queues_page,
    "/schedules": schedules_page,
    "/schedule-preview": schedule_preview_page,
    "/types": types_page,
    "/types/{name}": type_page,
    "/workers": workers_page,
    "/system": system_page,
    "/audit": audit_page,
    "/more": more_page,
    "/help": help_page,
    "/palette": palette_page,
}
_FORMS = {
    "/tokens": tokens_page,
    "/workers/{id}/stacks": worker_stacks_page,
    "/act/{action}": action_page,
    "/theme": theme_page,
    "/new-task": new_task_page,
    "/new-schedule": new_schedule_page,
}


def pages_app(
    use_cases_for: UseCasesFor,
    *,
    check_token: CheckToken | None = None,
    environment: str | None = None,
) -> Starlette:
    """Return the pages over the use cases that `use_cases_for(request)` gives for whoever asks.

    With `check_token` there is a page to sign in with a token, which the browser keeps in the cookie of
    `visit.TOKEN_COOKIE`. Where the application has a login of its own, leave it out and let `use_cases_for` decide.
    """
    site, pulse = Site(use_cases_for, check_token, environment), Pulse()
    routes: list[Route | Mount] = [
        *(page_route(site, path, page) for path, page in _PAGES.items()),
        *(page_route(site, path, page, methods=("GET", "POST")) for path, page in _FORMS.items()),
        *sign_in_routes(site),
        live_route(site, pulse),
        told_route(site, pulse),
        Mount("/static", VersionedFiles()),
        page_route(site, "/{path:path}", _no_such_page),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(ProtectingHeaders)],
        exception_handlers={HTTPException: _bare, StorageError: partial(nobody_known, site), Exception: defect},
    )
    app.state.outages = OutageLog()
    return app


async def _no_such_page(visit: Visit) -> Response:
    return no_such_page(visit)


async def _bare(request: Request, error: Exception) -> Response:
    """Of a method that no page has."""
    assert isinstance(error, HTTPException)
    return Response(error.detail, error.status_code, media_type="text/plain")
