"""A thread that works off calls from any event loop, a group at a time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from backstage.domain.errors import ConfigurationError, StorageUnavailableError


class Purpose(Enum):
    """What a call is for, which decides whether it may use the room kept back for a full disk."""

    ENQUEUE = "enqueue"
    CARRY_ON = "carry on"  # claim, settle, cancel, prune, look


@dataclass(slots=True, eq=False)
class Call:
    """One operation, with where its answer goes: `result`, or `error` when it has one."""

    operation: Callable[[Any], Any]
    purpose: Purpose
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def resolve(self) -> None:
        if self.future.done():  # its waiter was cancelled
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class CallThread:
    """Hands waiting calls to `serve`, at most `group_limit` at once, and their answers back to each caller's loop.

    `serve` runs on the thread, `rest` after each group is answered, and `leave` last of all. A call whose waiter has
    gone is not made.
    """

    def __init__(
        self,
        name: str,
        serve: Callable[[list[Call]], None],
        leave: Callable[[], None],
        *,
        rest: Callable[[], None] | None = None,
        group_limit: int,
    ) -> None:
        self._serve, self._rest, self._leave, self._group_limit = serve, rest, leave, group_limit
        self._calls: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._is_stopping = False
        self._pid = os.getpid()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether it takes calls; false in a forked child, which has no such thread."""
        return not self._is_stopping and self._pid == os.getpid()

    async def call(self, operation: Callable[[Any], Any], purpose: Purpose = Purpose.CARRY_ON) -> Any:
        loop = asyncio.get_running_loop()
        call = Call(operation, purpose, loop, loop.create_future())
        if self._pid != os.getpid():
            raise ConfigurationError(
                "sqlite", f"was opened in process {self._pid} and used in its child: open a new backend after the fork"
            )
        with self._lock:
            if self._is_stopping:
                raise StorageUnavailableError("the store is closed: open it again")
            self._calls.put(call)
        return await call.future

    def stop(self) -> None:
        """Return once every call made before has been answered. In a forked child, where the thread is not, at once."""
        if self._pid != os.getpid():
            return
        with self._lock:
            if not self._is_stopping:
                self._is_stopping = True
                self._calls.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            while True:
                first = self._calls.get()
                if first is None:
                    return
                group = [first, *self._waiting(self._group_limit - 1)]
                self._answer([call for call in group if not call.future.done()])
                del first, group  # an idle thread keeps nobody's tasks alive
                if self._rest is not None:
                    self._rest()
        finally:
            self._leave()

    def take_late(self, group: list[Call]) -> list[Call]:
        """Return the calls that came while `group` was served, as far as it has room; for `serve` to add to it."""
        late = self._waiting(self._group_limit - len(group))
        return [call for call in late if not call.future.done()]

    def _waiting(self, limit: int) -> list[Call]:
        group: list[Call] = []
        while len(group) < limit:
            try:
                call = self._calls.get_nowait()
            except queue.Empty:
                break
            if call is None:
                self._calls.put(None)  # nothing follows it: let the next turn see it
                break
            group.append(call)
        return group

    def _answer(self, group: list[Call]) -> None:
        try:
            self._serve(group)
        except BaseException as error:  # the thread outlives whatever one group did to it
            for call in group:
                call.error = call.error or error
        by_loop: dict[asyncio.AbstractEventLoop, list[Call]] = {}
        for call in group:
            by_loop.setdefault(call.loop, []).append(call)
        for loop, calls in by_loop.items():
            with contextlib.suppress(RuntimeError):  # the caller's loop has closed meanwhile
                loop.call_soon_threadsafe(_resolve, calls)


def opened(thread: CallThread | None) -> CallThread:
    if thread is None:
        raise StorageUnavailableError("the store is not open: open it first")
    return thread


def _resolve(calls: list[Call]) -> None:
    for call in calls:
        call.resolve()
