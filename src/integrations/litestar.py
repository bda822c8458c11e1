"""Backstage in a Litestar application: `Litestar(plugins=[BackstagePlugin(...)])`, and a parameter of each route."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Unpack

from litestar import Litestar, Request, Response
from litestar.config.app import AppConfig
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.plugins import InitPlugin

from backstage.domain.errors import TaskError
from backstage.infra.container import Container
from backstage.infra.error_answers import answer_to
from backstage.infra.settings.setting_options import SettingOptions
from backstage.integrations.running import NewWorker, running
from backstage.worker.hosting.worker import Worker

_KEY = "backstage"
BackstageContainer = NamedDependency[Container]
"""Annotates the parameter `backstage` of a route, which gets the application's Container."""


class BackstagePlugin(InitPlugin):
    """Connects, and runs `worker` if given, while the application runs.

    A route with the parameter `backstage: BackstageContainer` gets the Container. An error that a route lets through is
    answered by its kind, an unknown task's id with 404, unless the application has an exception handler of its own for
    TaskError. The arguments are those of `running`.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        worker: Worker | NewWorker | None = None,
        container: Container | None = None,
        **settings: Unpack[SettingOptions],
    ) -> None:
        self._running = partial(running, url, worker=worker, container=container, **settings)

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        app_config.lifespan.append(self._lifespan)
        app_config.dependencies[_KEY] = Provide(_container_of, sync_to_thread=False)
        app_config.exception_handlers = {TaskError: _answer, **app_config.exception_handlers}
        return app_config

    @asynccontextmanager
    async def _lifespan(self, app: Litestar) -> AsyncIterator[None]:
        async with self._running() as backstage:
            app.state[_KEY] = backstage
            yield


def _container_of(state: State) -> Container:
    container: Container = state[_KEY]
    return container


def _answer(request: Request[Any, Any, Any], error: TaskError) -> Response[Any]:
    answer = answer_to(error)
    if answer is None:
        raise error
    status, detail = answer
    return Response({"status_code": status, "detail": detail}, status_code=status)


__all__ = ["BackstageContainer", "BackstagePlugin"]
