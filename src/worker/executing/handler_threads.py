"""Runs synchronous handlers in threads."""

from __future__ import annotations

import asyncio
import contextvars
import ctypes
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from backstage.worker import log_events
from backstage.worker.handling.context import RunSignals, TaskContext
from backstage.worker.handling.forked_child import end_forked
from backstage.worker.handling.handler import TaskHandlerRegistration
from backstage.worker.handling.handler_call import HandlerCall
from backstage.worker.handling.running_loop import running_loop

INTERRUPT_GRACE = 0.5
"""Seconds that an interrupted thread has to end before its run is given up without it."""


class HandlerInterrupted(BaseException):
    """Raised inside a handler's thread when its run is cancelled or times out."""


class HandlerThreads:
    """A thread per running synchronous handler.

    Python cannot stop a thread: a cancelled one gets HandlerInterrupted at its next bytecode, and when it sits in
    a C call it is left behind. Those are `abandoned`: they still take up a slot each until they end.
    """

    def __init__(self, concurrency: int, on_returned: Callable[[], None] = lambda: None) -> None:
        """`on_returned` is called on the loop when an abandoned thread has ended: its slot is free again."""
        self._pool = ThreadPoolExecutor(max_workers=concurrency, thread_name_prefix="backstage-handler")
        self._on_returned = on_returned
        self.abandoned: dict[asyncio.Future[Any], str] = {}
        """With the task types that they ran."""

    def abandoned_types(self) -> list[str]:
        """May be called from any thread."""
        return list(self.abandoned.copy().values())

    async def call(self, registration: TaskHandlerRegistration, call: HandlerCall, context: TaskContext) -> Any:
        loop = asyncio.get_running_loop()
        handler = call.of(context.task.payload_json, _in_thread(context, loop))
        return await self.run(handler, lambda: context.logger.error(log_events.HANDLER_STUCK), registration.type)

    async def run(
        self, function: Callable[[], Any], on_left: Callable[[], None] = lambda: None, task_type: str = ""
    ) -> Any:
        """Return its value, or raise its error; cancelling interrupts it. `on_left` is called if it is left behind."""
        run = _ThreadRun(function, contextvars.copy_context())
        future = asyncio.get_running_loop().run_in_executor(self._pool, run)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            run.interrupt()
            try:
                await asyncio.wait([future], timeout=INTERRUPT_GRACE)
            finally:  # also when it is cancelled once more
                self._leave(future, on_left, task_type)
            raise

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _leave(self, future: asyncio.Future[Any], on_left: Callable[[], None], task_type: str) -> None:
        if future.done():
            _retrieve(future)
        else:
            self.abandoned[future] = task_type
            future.add_done_callback(self._returned)
            on_left()

    def _returned(self, future: asyncio.Future[Any]) -> None:
        del self.abandoned[future]
        _retrieve(future)
        self._on_returned()


def _retrieve(future: asyncio.Future[Any]) -> None:
    """Keep asyncio from reporting an error that nobody waits for any more."""
    if not future.cancelled():
        future.exception()


class _ThreadRun:
    def __init__(self, function: Callable[[], Any], variables: contextvars.Context) -> None:
        self._function = function
        self._variables = variables
        self._lock = threading.Lock()
        self._thread_id: int | None = None
        self._is_interrupted = False

    def __call__(self) -> Any:
        try:
            return self._run()
        except HandlerInterrupted as error:
            if not self._is_interrupted:
                raise RuntimeError(
                    "the handler raised HandlerInterrupted although nothing had interrupted it"
                ) from error
            return None
        except (StopIteration, GeneratorExit) as error:  # from a future, whoever awaits it would wait for ever
            raise RuntimeError(f"the handler raised {type(error).__name__}") from error

    def _run(self) -> Any:
        with self._lock:
            if self._is_interrupted:
                return None
            self._thread_id = thread_id = threading.get_ident()
        pid = os.getpid()
        try:
            return self._variables.run(self._function)
        finally:
            if os.getpid() != pid:
                end_forked()
            with self._lock:
                _raise_in(thread_id, None)  # an interrupt that comes too late must not strike the pool's own code
                self._thread_id = None

    def interrupt(self) -> None:
        with self._lock:
            self._is_interrupted = True
            if self._thread_id is not None:
                _raise_in(self._thread_id, HandlerInterrupted)


def _raise_in(thread_id: int, error: type[BaseException] | None) -> None:
    """Have the thread raise `error` at its next bytecode; None takes back what it has not raised yet."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread_id), None if error is None else ctypes.py_object(error)
    )


def _in_thread(context: TaskContext, loop: asyncio.AbstractEventLoop) -> TaskContext:
    store = context.find_store()
    return context.moved(_ThreadSignals(context.signals, loop), store and store.blocking(loop))


class _ThreadSignals:
    """RunSignals for a handler's thread: what touches the store is done on the loop and waited for."""

    def __init__(self, signals: RunSignals, loop: asyncio.AbstractEventLoop) -> None:
        self._signals = signals
        self._loop = loop

    def is_shutting_down(self) -> bool:
        return self._signals.is_shutting_down()

    def is_cancel_requested(self) -> bool:
        return self._signals.is_cancel_requested()

    def is_over_soft_timeout(self) -> bool:
        return self._signals.is_over_soft_timeout()

    def report_progress(self, fraction: float, note: str | None) -> Awaitable[bool]:
        async def report() -> bool:
            return await self._signals.report_progress(fraction, note)

        return self._on_loop(report())

    def heartbeat(self) -> Awaitable[bool]:
        async def beat() -> bool:
            return await self._signals.heartbeat()

        return self._on_loop(beat())

    def emit(self, data_json: str) -> Awaitable[bool]:
        async def emit() -> bool:
            return await self._signals.emit(data_json)

        return self._on_loop(emit())

    def note_line(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        self._loop.call_soon_threadsafe(self._signals.note_line, level, event, fields)

    def _on_loop(self, asking: Coroutine[Any, Any, bool]) -> Awaitable[bool]:
        if running_loop() is self._loop:  # in a coroutine that the handler has returned
            return asyncio.ensure_future(asking)
        return Answer(asyncio.run_coroutine_threadsafe(asking, self._loop).result())


class Answer:
    """An answer that is there already: true or false as it stands, and awaitable like one that is not."""

    def __init__(self, value: bool) -> None:
        self._value = value

    def __bool__(self) -> bool:
        return self._value

    def __await__(self) -> Generator[Any, None, bool]:
        yield from ()
        return self._value
