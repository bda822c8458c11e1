"""Broadcasts as an application holds them that runs no worker."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Self, Unpack

from backstage.domain.broadcast_message import BroadcastMessage
from backstage.domain.errors import ConfigurationError
from backstage.infra.container import Container
from backstage.infra.settings.lazy_settings import load_settings
from backstage.infra.settings.setting_options import SettingOptions
from backstage.worker.hosting.from_settings import container_from
from backstage.worker.hosting.worker import Worker


class Broadcast:
    """Sends messages to every live worker of a store.

    The store is that of `worker`, whose connection is then shared, else that of `url`, read like Worker's. Raises
    ConfigurationError; connects when it is started or first used::

        async with Broadcast("redis://localhost:6379/0") as broadcast:
            await broadcast.send("cache.clear", {"key": "users"})
    """

    def __init__(
        self, url: str | None = None, *, worker: Worker | None = None, **settings: Unpack[SettingOptions]
    ) -> None:
        if worker is not None and (url is not None or settings):
            raise ConfigurationError("worker", "has its own store and settings: pass either it or them")
        if "worker_id" in settings:
            raise ConfigurationError("worker_id", "a Broadcast runs no tasks and needs no id: leave it out")
        self._worker = worker
        self._container = worker.backstage if worker else container_from(load_settings(url=url, **settings), None)
        self._lock = asyncio.Lock()
        self._is_open = False

    @property
    def backstage(self) -> Container:
        """The use cases on the same store."""
        return self._container

    async def start(self) -> None:
        """Connect; harmless when it is connected. Raises ConfigurationError and StorageUnavailableError."""
        if self._worker is not None:
            await self._worker.connect()
            return
        async with self._lock:
            if not self._is_open:
                await self._container.start()
                self._is_open = True

    async def stop(self) -> None:
        """Disconnect, unless the connection is a worker's. May be called again."""
        async with self._lock:
            if self._is_open:
                self._is_open = False
                await self._container.close()

    async def send(self, name: str, payload: Any = None) -> BroadcastMessage:
        """Return the message when it is stored; the arguments are those of SendBroadcast."""
        await self.start()
        return await self._container.send_broadcast(name, payload)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
