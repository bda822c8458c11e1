"""Signing in with a token, and out again."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from backstage.pages.answering import form_of
from backstage.pages.protection import CSRF_FIELD, csrf_of, is_ours, keep_csrf
from backstage.pages.site import Site
from backstage.pages.visit import TOKEN_COOKIE

_KEPT = 12 * 3600


def sign_in_routes(site: Site) -> list[Route]:
    if site.check_token is None:
        return []

    async def sign_in(request: Request) -> Response:
        return await _sign_in(site, request)

    return [
        Route("/sign-in", sign_in, methods=["GET", "POST"]),
        Route("/sign-out", _sign_out, methods=["POST"]),
    ]


async def _sign_in(site: Site, request: Request) -> Response:
    form = await form_of(request)
    if form is None:
        return PlainTextResponse("the form is too long", 413)
    problem = None
    if request.method == "POST":
        token = form.get("token", [""])[0].strip()
        problem = await _problem(site, request, token, form.get(CSRF_FIELD, [""])[0])
        if problem is None:
            return _let_in(request, token, form.get("next", ["/"])[0])
    secret = csrf_of(request)
    root = _root(request)
    html = site.templates.get_template("sign_in.html").render(
        title="Sign in",
        problem=problem,
        csrf=secret,
        env=site.environment,
        root=root,
        theme=None,
        next=form.get("next", ["/"])[0],
        static=f"{root}/static/{site.version}",
    )
    response = Response(html, 200 if problem is None else 401, media_type="text/html")
    keep_csrf(request, response, secret)
    return response


async def _problem(site: Site, request: Request, token: str, csrf: str) -> str | None:
    assert site.check_token is not None
    if not is_ours(request, csrf):
        return "This page was open for too long. Paste the token again."
    return await site.check_token(request, token) if token else "Paste a token first."


def _let_in(request: Request, token: str, then: str) -> Response:
    root = _root(request)
    is_inside = then.startswith("/") and not then.startswith(("//", "/\\"))
    response = RedirectResponse(root + (then if is_inside else "/"), 303)
    response.set_cookie(
        TOKEN_COOKIE,
        token,
        max_age=_KEPT,
        path=root or "/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


async def _sign_out(request: Request) -> Response:
    form = await form_of(request) or {}
    if not is_ours(request, form.get(CSRF_FIELD, [""])[0]):
        return RedirectResponse(f"{_root(request)}/", 303)
    response = RedirectResponse(f"{_root(request)}/sign-in", 303)
    response.delete_cookie(TOKEN_COOKIE, path=_root(request) or "/")
    return response


def _root(request: Request) -> str:
    root: str = request.scope.get("root_path", "")
    return root.rstrip("/")
