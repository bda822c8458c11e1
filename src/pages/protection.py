"""What keeps other sites out: headers on every answer, and a secret in every form."""

from __future__ import annotations

import secrets
from hmac import compare_digest
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CSRF_COOKIE = "backstage_csrf"
CSRF_FIELD = "csrf"
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


class ProtectingHeaders:
    """Sets the policy under which nothing is loaded from elsewhere and no text of a task can become a script."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                if "cache-control" not in headers:
                    headers["cache-control"] = "no-store"
            await send(message)

        await self._app(scope, receive, protected if scope["type"] == "http" else send)


def csrf_of(request: Request) -> str:
    """The secret that this browser's forms carry; a new one for a browser without."""
    return request.cookies.get(CSRF_COOKIE) or secrets.token_urlsafe(24)


def is_ours(request: Request, given: str) -> bool:
    """Whether a form was made by one of our pages: another site knows neither the cookie nor the field, and the
    browser tells where the form was."""
    known = request.cookies.get(CSRF_COOKIE, "")
    return bool(known) and compare_digest(known.encode(), given.encode()) and not _is_from_elsewhere(request)


def _is_from_elsewhere(request: Request) -> bool:
    """A proxy may have given the request another host, so the browser's own word counts first."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host")


def keep_csrf(request: Request, response: Response, secret: str) -> None:
    if request.cookies.get(CSRF_COOKIE) != secret:
        path = request.scope.get("root_path", "").rstrip("/") or "/"
        response.set_cookie(
            CSRF_COOKIE, secret, path=path, httponly=True, samesite="strict", secure=request.url.scheme == "https"
        )
