"""What is shown in place of a page that cannot be made."""

from __future__ import annotations

import logging
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from backstage.domain.errors import StorageError, StoreNotReadyError, TaskError, TaskNotFoundError
from backstage.pages.outage_log import OutageLog
from backstage.pages.sentences import as_sentence
from backstage.pages.site import Site
from backstage.pages.visit import Visit

_logger = logging.getLogger("backstage.web")
_TRIED_EVERY = 5
"""Seconds."""


def not_found(visit: Visit, error: TaskError) -> Response:
    if isinstance(error, TaskNotFoundError):
        title = f"No task {error.task_id[:40]}"
        text = "It never existed, or it ended long enough ago to be deleted. Look for it by what you know of it."
    else:
        title, text = "Not here any more", as_sentence(str(error))
    return visit.render("problem.html", status=404, cur="", title=title, icon="search", text=text, has_search=True)


def nothing_of_that_name(visit: Visit, title: str, text: str) -> Response:
    return visit.render("problem.html", status=404, cur="", title=title, icon="search", text=text, has_search=True)


def no_such_page(visit: Visit) -> Response:
    title, text = "No such page", "The address may be misspelt. The pages that there are stand in the navigation."
    return visit.render("problem.html", status=404, cur="", title=title, icon="search", text=text, has_search=True)


def refused(visit: Visit, text: str, status: int = 409) -> Response:
    title = "That was not done"
    if visit.is_part:
        return visit.render("problem_part.html", title=title, text=as_sentence(text))
    return visit.render("problem.html", status=status, cur="", title=title, icon="warn", text=as_sentence(text))


def not_allowed(visit: Visit, role: str) -> Response:
    return refused(visit, f"Your role does not allow this: it takes the role {role}", 403)


def unavailable(visit: Visit, error: StorageError) -> Response:
    title, text = _told(visit.request, error)
    answer = visit.render("problem.html", status=503, cur="", title=title, icon="system", text=text, is_bad=True)
    return _tried_again(visit.request, answer)


async def nobody_known(site: Site, request: Request, error: Exception) -> Response:
    """Where the store could not even be asked who asks: a page without a frame."""
    title, text = _told(request, error)
    root: str = request.scope.get("root_path", "").rstrip("/")
    html = site.templates.get_template("unavailable.html").render(
        title=title, text=text, theme=None, env=site.environment, static=f"{root}/static/{site.version}"
    )
    return _tried_again(request, HTMLResponse(html, 503))


def _tried_again(request: Request, answer: Response) -> Response:
    """By the browser, without a script. A form is not sent twice by itself."""
    answer.headers["Retry-After"] = str(_TRIED_EVERY)
    if request.method == "GET":
        answer.headers["Refresh"] = str(_TRIED_EVERY)
    return answer


async def defect(request: Request, error: Exception) -> Response:
    _logger.error("%s %s could not be answered", request.method, quote(request.url.path), exc_info=error)
    return Response("Backstage could not answer: its log says why.", 500, media_type="text/plain")


def _told(request: Request, error: Exception) -> tuple[str, str]:
    outages: OutageLog = request.app.state.outages
    outages.tell(request.method, request.url.path, error)
    again = "This page tries again every few seconds." if request.method == "GET" else "Try again in a few seconds."
    if isinstance(error, StoreNotReadyError):
        return "The store is not ready", f"Run backstage migrate, or start a worker. {again}"
    return "The store does not answer", f"Nothing is lost. {again}"
