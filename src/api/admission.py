"""Who asks: by the application's own login, by a token in a header, or by a token in a cookie."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException

from backstage.api.failed_logins import FailedLogins
from backstage.api.refusal import Refusal
from backstage.app.guarded_use_cases import GuardedUseCases
from backstage.app.use_cases import UseCases
from backstage.domain.identity import Identity
from backstage.pages.visit import TOKEN_COOKIE

_STATE = "backstage"
_BY_BEARER = "backstage_by_bearer"
"""Whether a secret was sent that no browser adds by itself."""
_ANYBODY = "the page to sign in"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

Authorize = Callable[[Request], Identity | Awaitable[Identity | None] | None]
"""The application's own login: returns who asks, or None for somebody it does not know."""


class Admission:
    """Gives whoever asks the use cases that they may use. Whoever is not known gets none.

    Raises TypeError for what is no container, such as `Container.open(url)` that was not entered.
    """

    def __init__(self, container: UseCases | None, authorize: Authorize | None) -> None:
        if container is not None and not isinstance(container, UseCases):
            raise TypeError(f"backstage_app() takes a Container that was opened, not {type(container).__name__}")
        self._container, self._authorize = container, authorize
        self._failed = FailedLogins()

    async def use_cases(self, request: Request) -> GuardedUseCases:
        """Raises HTTPException: 401 for somebody unknown, 403 for a request that another site has made a browser send,
        429 after too many wrong tokens."""
        found = await self.find(request)
        if found is None:
            raise HTTPException(401, "send a token: Authorization: Bearer …", {"WWW-Authenticate": "Bearer"})
        if request.method not in _SAFE_METHODS and not getattr(request.state, _BY_BEARER, False):
            _refuse_other_sites(request)
        return found

    async def find(self, request: Request) -> GuardedUseCases | None:
        """The same for a page, which shows somebody unknown the way to sign in."""
        container = self.container_of(request)
        identity = await self._by_login(request)
        if identity is None:
            bearer = _bearer(request)
            setattr(request.state, _BY_BEARER, bearer is not None)
            secret = bearer or request.cookies.get(TOKEN_COOKIE)
            identity = None if secret is None else await self._by_secret(container, request, secret)
        return None if identity is None else GuardedUseCases(container, identity)

    async def problem_with(self, request: Request, secret: str) -> str | None:
        """Why a token is not good, in one sentence, or None."""
        if await self.container_of(request).authenticate(secret) is not None:
            return None
        try:
            self._failed.add(_ANYBODY)
        except HTTPException as error:
            return f"{error.detail}."
        return "This token is unknown, revoked or expired."

    def container_of(self, request: Request) -> UseCases:
        """The use cases that were given, or those of the application that this one is mounted in."""
        found = self._container or request.scope.get("state", {}).get(_STATE)
        if not isinstance(found, UseCases):
            raise RuntimeError("backstage_app() was given no container, and the application has no backstage_lifespan")
        return found

    async def _by_login(self, request: Request) -> Identity | None:
        if self._authorize is None:
            return None
        answer = self._authorize(request)
        return await answer if inspect.isawaitable(answer) else answer

    async def _by_secret(self, container: UseCases, request: Request, secret: str) -> Identity | None:
        address = request.client.host if request.client else ""
        identity = await container.authenticate(secret)
        if identity is None:
            self._failed.add(address)
        return identity


def _bearer(request: Request) -> str | None:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" and secret.strip() else None


def _refuse_other_sites(request: Request) -> None:
    """A browser adds the cookie by itself, and it says which site's page has made it send the request."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    is_foreign = site not in (None, "same-origin", "none")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        is_foreign = is_foreign or site is None
    if is_foreign:
        raise Refusal(
            403, "cross-site-request", "another site made your browser send this: open the page of Backstage itself"
        )


_IN_THE_DOCUMENT = HTTPBearer(auto_error=False, description="A token, as `backstage tokens` makes it")


async def use_cases_of(request: Request, _: Annotated[object, Depends(_IN_THE_DOCUMENT)]) -> GuardedUseCases:
    admission: Admission = request.app.state.admission
    return await admission.use_cases(request)


Asked = Annotated[GuardedUseCases, Depends(use_cases_of)]
"""Annotates the parameter of a route that gets the use cases of whoever asks."""
