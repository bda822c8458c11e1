"""Backstage in a Starlette application: `Starlette(lifespan=backstage_lifespan(...))`, and `container_of(request)`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Unpack

from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response

from backstage.domain.errors import TaskError
from backstage.infra.container import Container
from backstage.infra.error_answers import answer_to
from backstage.infra.settings.setting_options import SettingOptions
from backstage.integrations.running import NewWorker, running
from backstage.worker.hosting.worker import Worker

_KEY = "backstage"
Lifespan = Callable[[Starlette], AbstractAsyncContextManager[dict[str, Any]]]


def backstage_lifespan(
    url: str | None = None,
    *,
    worker: Worker | NewWorker | None = None,
    container: Container | None = None,
    **settings: Unpack[SettingOptions],
) -> Lifespan:
    """Return a lifespan that is connected, and runs `worker` if given, while the application runs.

    The arguments are those of `running`. A lifespan of the application's own goes around or inside of it.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with running(url, worker=worker, container=container, **settings) as backstage:
            setattr(app.state, _KEY, backstage)
            yield {_KEY: backstage}

    return lifespan


def container_of(connection: HTTPConnection) -> Container:
    """Return the Container of the application that serves a request or a web socket, or that one is mounted in."""
    found = connection.scope.get("state", {}).get(_KEY) or getattr(connection.app.state, _KEY, None)
    if not isinstance(found, Container):
        raise RuntimeError("the application runs without backstage_lifespan: pass it as the lifespan")
    return found


async def _answer(request: Request, error: Exception) -> Response:
    answer = answer_to(error)
    if answer is None:
        raise error
    status, detail = answer
    return JSONResponse({"detail": detail}, status)


backstage_errors: Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]] = {TaskError: _answer}
"""For the application's `exception_handlers`: answers each error by its kind, as an unknown task's id with 404."""

__all__ = ["backstage_errors", "backstage_lifespan", "container_of"]
