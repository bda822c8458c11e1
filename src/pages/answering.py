"""From a request to a page: who asks, what a form carries, and what is shown where something went wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from urllib.parse import parse_qs, quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from backstage.domain.errors import (
    BulkNotFoundError,
    InvalidQueryError,
    InvalidTaskDataError,
    NotAllowedError,
    ScheduleNotFoundError,
    StorageError,
    SubscriptionNotFoundError,
    TaskError,
    TaskNotFoundError,
    TokenNotFoundError,
    WorkerNotFoundError,
)
from backstage.pages.problem_page import not_found, refused, unavailable
from backstage.pages.protection import CSRF_FIELD, csrf_of, is_ours, keep_csrf
from backstage.pages.shell import EMPTY_SHELL, shell_of
from backstage.pages.site import Site
from backstage.pages.visit import Visit

Page = Callable[[Visit], Awaitable[Response]]
_LONGEST_FORM = 4 * 1024 * 1024
_MOST_FIELDS = 5000
_NOT_FOUND = (
    TaskNotFoundError,
    BulkNotFoundError,
    ScheduleNotFoundError,
    SubscriptionNotFoundError,
    TokenNotFoundError,
    WorkerNotFoundError,
)


def page_route(site: Site, path: str, page: Page, *, methods: tuple[str, ...] = ("GET",)) -> Route:
    """A page for those who may see it; others are sent to sign in."""

    async def answer(request: Request) -> Response:
        use_cases = await site.use_cases_for(request)
        if use_cases is None:
            return _to_sign_in(request)
        form = await form_of(request)
        if form is None:
            return PlainTextResponse("the form is too long", 413)
        secret = csrf_of(request)
        visit = Visit(request, site, use_cases, use_cases.clock.now(), secret, EMPTY_SHELL, form)
        if request.method == "POST" and not is_ours(request, visit.given(CSRF_FIELD)):
            response = refused(visit, "This form is out of date. Go back, load the page again and repeat it.", 403)
        else:
            response = await _answered(visit, page)
        keep_csrf(request, response, secret)
        return response

    return Route(path, answer, methods=list(methods))


async def form_of(request: Request) -> Mapping[str, list[str]] | None:
    """The fields of the address, and those of a form; None for a body that is longer than any form of ours."""
    asked = {key: request.query_params.getlist(key) for key in request.query_params}
    if request.method != "POST":
        return asked
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_FORM:
            return None
    try:
        given = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:  # it has more
        return None
    return asked | given


async def _answered(visit: Visit, page: Page) -> Response:
    try:
        return await page(replace(visit, shell=await shell_of(visit.use_cases)))
    except _NOT_FOUND as error:
        return not_found(visit, error)
    except StorageError as error:
        return unavailable(visit, error)
    except NotAllowedError as error:
        return refused(visit, str(error), 403)
    except (InvalidTaskDataError, InvalidQueryError) as error:
        return refused(visit, str(error), 422)
    except TaskError as error:
        return refused(visit, str(error))


def _to_sign_in(request: Request) -> Response:
    root = request.scope.get("root_path", "").rstrip("/")
    path = request.url.path.removeprefix(root)
    query = f"?{request.url.query}" if request.url.query else ""
    visit_to = f"{root}/sign-in"
    if request.method == "GET" and path not in ("", "/"):
        visit_to += f"?next={quote(path + query)}"
    if "hx-request" in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": visit_to})
    return RedirectResponse(visit_to, 303)
