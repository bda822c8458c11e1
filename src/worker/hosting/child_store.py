"""The worker's store, as its handlers' processes reach it: by a connection of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from backstage.domain.errors import ConfigurationError
from backstage.infra.container import Container
from backstage.infra.settings.lazy_settings import load_settings
from backstage.worker.executing.child_setup import ChildSetup
from backstage.worker.handling.blocking_uses import BlockingUses
from backstage.worker.hosting.loop_thread import LoopThread

if TYPE_CHECKING:
    from backstage.infra.settings.settings import Settings

Value = TypeVar("Value")


def child_setup(settings: Settings, resource_modules: Sequence[str] = ()) -> ChildSetup:
    """Makes the worker's store that of its handlers' processes: also for a Container that they open themselves.
    `resource_modules` open something there."""
    store = {"BACKSTAGE_URL": settings.url, "BACKSTAGE_CONSUMER_GROUP": settings.consumer_group}
    return ChildSetup({name: value for name, value in store.items() if value is not None}, ChildStore, resource_modules)


class ChildStore(BlockingUses):
    """Connects when a handler first uses it, and stays connected while the process lives."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connected: tuple[Container, LoopThread] | None = None

    def run(self, use: Callable[[Any], Coroutine[Any, Any, Value]]) -> Value:
        container, thread = self._connect()
        return thread.run(use(container))

    def _connect(self) -> tuple[Container, LoopThread]:
        with self._lock:
            if self._connected is None or not self._connected[1].is_of_this_process:
                self._connected = _connected(load_settings(silent=True))
            return self._connected


def _connected(settings: Settings) -> tuple[Container, LoopThread]:
    if settings.url.startswith("memory:"):
        raise ConfigurationError(
            "context.backstage",
            'a memory store exists only in its worker, where a run_in="process" handler cannot reach it',
        )
    container, thread = Container(settings), LoopThread("backstage-store")
    try:
        thread.run(container.start())
    except BaseException:
        thread.stop()
        raise
    return container, thread
