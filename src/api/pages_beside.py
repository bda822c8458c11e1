from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

_OF_THE_API = frozenset({"v1", "openapi.json", "health", "metrics"})
"""First parts of paths."""


class PagesBeside:
    """Sends what is no path of the API to the pages."""

    def __init__(self, app: ASGIApp, pages: ASGIApp) -> None:
        self._app, self._pages = app, pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_page = scope["type"] == "http" and _first_part(scope) not in _OF_THE_API
        await (self._pages if is_page else self._app)(scope, receive, send)


def _first_part(scope: Scope) -> str:
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return path.lstrip("/").partition("/")[0]
