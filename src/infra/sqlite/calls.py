"""A thread that works off calls from any event loop, a group at a time."""

from __future__ import annotations

import asyncio
import concurrent.futures
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


Loop = asyncio.AbstractEventLoop


@dataclass(slots=True, eq=False)
class Call:
    """One operation, with where its answer goes: `result`, or `error` when it has one.

    `loop` is that of the waiter, None where a thread without a loop waits.
    """

    operation: Callable[[Any], Any]
    purpose: Purpose
    loop: Loop | None
    future: asyncio.Future[Any] | concurrent.futures.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def resolve(self) -> None:
        if self.future.done():  # its waiter was cancelled
            return
        if isinstance(self.future, concurrent.futures.Future) and not self.future.set_running_or_notify_cancel():
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
        self._is_stopping = self._is_busy = False
        self._pid = os.getpid()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def is_of_this_process(self) -> bool:
        """False in a forked child, which has no such thread."""
        return self._pid == os.getpid()

    @property
    def is_running(self) -> bool:
        """Whether it takes calls."""
        return not self._is_stopping and self.is_of_this_process

    @property
    def is_idle(self) -> bool:
        """Whether it waits for calls, as far as one can tell from another thread."""
        return not self._is_busy and self._calls.empty() and self.is_running

    async def call(self, operation: Callable[[Any], Any], purpose: Purpose = Purpose.CARRY_ON) -> Any:
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self.put(Call(operation, purpose, loop, future))
        return await future

    def call_and_wait(self, operation: Callable[[Any], Any], purpose: Purpose = Purpose.CARRY_ON) -> Any:
        """The same for a thread without an event loop."""
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        self.put(Call(operation, purpose, None, future))
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def rest_soon(self) -> None:
        """Let `rest` run, once there is nothing to serve."""
        nobody: concurrent.futures.Future[Any] = concurrent.futures.Future()
        nobody.cancel()
        self.put(Call(lambda _: None, Purpose.CARRY_ON, None, nobody))

    def put(self, call: Call) -> None:
        """Have it served. Raises StorageUnavailableError, and ConfigurationError in a forked child."""
        if self._pid != os.getpid():
            raise ConfigurationError(
                "sqlite", f"was opened in process {self._pid} and used in its child: open a new backend after the fork"
            )
        with self._lock:
            if self._is_stopping:
                raise StorageUnavailableError("the store is closed: open it again")
            self._calls.put(call)

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
                self._is_busy = True
                group = [first, *self._waiting(self._group_limit - 1)]
                if awaited := [call for call in group if not call.future.done()]:
                    self._answer(awaited)
                del first, group, awaited  # an idle thread keeps nobody's tasks alive
                if self._rest is not None:
                    self._rest()
                self._is_busy = False
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
        by_loop: dict[Loop | None, list[Call]] = {}
        for call in group:
            by_loop.setdefault(call.loop, []).append(call)
        for loop, calls in by_loop.items():
            if loop is None:
                _resolve(calls)
                continue
            with contextlib.suppress(RuntimeError):  # the caller's loop has closed meanwhile
                loop.call_soon_threadsafe(_resolve, calls)


def opened(thread: CallThread | None) -> CallThread:
    if thread is None:
        raise StorageUnavailableError("the store is not open: open it first")
    return thread


def _resolve(calls: list[Call]) -> None:
    for call in calls:
        call.resolve()
