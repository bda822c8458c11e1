from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Unpack

from backstage.domain.errors import ConfigurationError
from backstage.infra.container import Container
from backstage.infra.settings.setting_options import SettingOptions
from backstage.worker.hosting.worker import Worker

NewWorker = Callable[[], Worker]


@asynccontextmanager
async def running(
    url: str | None = None,
    *,
    worker: Worker | NewWorker | None = None,
    container: Container | None = None,
    **settings: Unpack[SettingOptions],
) -> AsyncIterator[Container]:
    """Connect for the length of the block, and run a worker in this process if there is one.

    One of: `url` and `settings`, which are those of `Container.open`; a `worker`, whose store is used, or a
    function that makes a new one for each start, as a worker starts once; a `container` that the caller has, such
    as a test's. A worker is stopped gracefully. Raises what `Worker.start` raises.
    """
    if (url is not None or bool(settings)) + (worker is not None) + (container is not None) > 1:
        raise ConfigurationError("backstage", "give a url with settings, or a worker, or a container")
    if worker is not None:
        serving = worker if isinstance(worker, Worker) else worker()
        try:
            await serving.start()
            yield serving.backstage
        finally:
            await serving.stop()
    elif container is not None:
        await container.start()
        try:
            yield container
        finally:
            await container.close()
    else:
        async with Container.open(url, **settings) as opened:
            yield opened
