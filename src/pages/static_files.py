"""The static files, under an address that changes with them."""

from __future__ import annotations

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from backstage.pages.site import STATIC


class VersionedFiles(StaticFiles):
    """Serves `/VERSION/file`. A browser may keep it for ever: another version has another address."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    async def get_response(self, path: str, scope: Scope) -> Response:
        _, _, file = path.partition("/")
        response = await super().get_response(file, scope)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response
