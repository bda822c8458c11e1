from __future__ import annotations

import asyncio
import atexit
import contextlib
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

from backstage.domain.errors import ConfigurationError
from backstage.domain.events import TaskCreated
from backstage.infra.container import Container
from backstage.infra.settings.lazy_settings import load_settings
from backstage.infra.settings.setting_options import SettingOptions
from backstage.worker.handling.blocking_uses import BlockingUses
from backstage.worker.hosting.loop_thread import LoopThread

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Connected:
    container: Container
    thread: LoopThread


class BlockingContainer(BlockingUses):
    """A Container for code without an event loop: scripts, notebooks, Django, Flask.

    Each call returns when the store has answered, and raises what the use case of the same name raises. Calls may
    come from any number of threads. It connects when it is first used, and disconnects at the end of a `with`
    block, by `close`, or when the program ends. A forked child connects anew.

    `url` and `settings` are those of `Container.open`; `container` is one that the caller has, such as a test's.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        container: Container | None = None,
        logger: Any = None,
        **settings: Unpack[SettingOptions],
    ) -> None:
        """Raises ConfigurationError."""
        if container is not None and (url is not None or settings or logger is not None):
            raise ConfigurationError("container", "has its own store, settings and log: pass either it or them")
        self._given = container
        self._logger = logger
        self.settings = container.settings if container is not None else load_settings(url=url, **settings)
        self._lock = threading.Lock()
        self._connected: _Connected | None = None

    def run(self, use: Callable[[Container], Coroutine[Any, Any, Value]]) -> Value:
        """Return what any other use of the Container answers: `backstage.run(lambda b: b.pause_queue("mail"))`."""
        self._refuse_in_own_thread()
        connected = self._connect()
        return connected.thread.run(use(connected.container))

    def _enqueue(self, use: Callable[[Container], Coroutine[Any, Any, Value]]) -> Value:
        """As `run`, but in this thread where the store can: two changes of thread cost more than the rest of it.

        Listeners run on the loop, and so does what is asked on somebody else's loop, on which nothing may wait.
        """
        self._refuse_in_own_thread()
        connected = self._connect()
        container = connected.container
        if (
            not container.backend.tasks.adds_without_a_loop
            or not container.enqueue_task.waits_for_the_store_alone
            or container.events.is_heard(TaskCreated.name)
            or _has_a_loop()
        ):
            return connected.thread.run(use(container))
        return _returned(use(container))

    def close(self) -> None:
        """Disconnect; the next call connects again. Let no other thread be in a call: that call is cancelled."""
        self._refuse_in_own_thread()
        with self._lock:
            connected, self._connected = self._connected, None
            atexit.unregister(self._close_at_exit)
            if connected is None or not connected.thread.is_of_this_process:
                return
            try:
                connected.thread.run(connected.container.close())
            finally:
                connected.thread.stop()

    def __enter__(self) -> Self:
        self._connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _connect(self) -> _Connected:
        with self._lock:
            connected = self._connected
            if connected is None or not connected.thread.is_of_this_process:
                connected = self._connected = self._new_connection()
                atexit.register(self._close_at_exit)
            return connected

    def _new_connection(self) -> _Connected:
        container = self._given or Container(self.settings, logger=self._logger)
        thread = LoopThread("backstage-blocking")
        try:
            thread.run(container.start())
        except BaseException:
            thread.stop()
            raise
        return _Connected(container, thread)

    def _refuse_in_own_thread(self) -> None:
        """What runs on the loop, such as a listener, would wait for itself."""
        connected = self._connected
        if connected is not None and connected.thread.is_current:
            raise RuntimeError("a BlockingContainer was called on its own event loop: use the Container there")

    def _close_at_exit(self) -> None:
        """What was accepted is stored already, so a store that cannot be left politely is left all the same."""
        with contextlib.suppress(Exception):
            self.close()


def _has_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _returned(asking: Coroutine[Any, Any, Value]) -> Value:
    """What a coroutine returns that never suspends."""
    try:
        asking.send(None)
    except StopIteration as ended:
        value: Value = ended.value
        return value
    asking.close()
    raise RuntimeError("an enqueue suspended in a thread without an event loop")
