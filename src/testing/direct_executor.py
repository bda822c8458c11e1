"""Where a bench runs the handlers that a worker runs in threads and processes: here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from backstage.domain.ports.task_queue import TaskQueue
from backstage.domain.task import Task
from backstage.infra.container import Container
from backstage.testing.at_once import at_once
from backstage.worker.executing.handler_threads import Answer
from backstage.worker.handling.blocking_uses import BlockingUses
from backstage.worker.handling.context import RunSignals, TaskContext
from backstage.worker.handling.handler import TaskHandlerRegistration
from backstage.worker.handling.handler_call import HandlerCall
from backstage.worker.handling.handler_store import BlockingStore

Value = TypeVar("Value")


class DirectExecutor:
    """Calls a handler as a plain function, in the test's own thread.

    So the test's connections, patches and debugger reach into it. Nothing can interrupt it: its timeout does not
    end it.
    """

    def __init__(self, container: Container, lease: float) -> None:
        self._queue = container.backend.queue
        self._store = BlockingStore(_DirectUses(container))
        self._lease = lease

    async def call(self, registration: TaskHandlerRegistration, call: HandlerCall, context: TaskContext) -> Any:
        signals = _DirectSignals(context.signals, context.task, self._queue, self._lease)
        return call.of(context.task.payload_json, context.moved(signals, self._store))()


class _DirectUses(BlockingUses):
    """The use cases on a store that answers at once."""

    def __init__(self, container: Container) -> None:
        self._container = container

    def run(self, use: Callable[[Any], Coroutine[Any, Any, Value]]) -> Value:
        return at_once(use(self._container))


class _DirectSignals:
    """RunSignals for a handler that cannot await: what it asks of the store is done when the call returns."""

    def __init__(self, signals: RunSignals, task: Task, queue: TaskQueue, lease: float) -> None:
        self.is_shutting_down = signals.is_shutting_down
        self.is_cancel_requested = signals.is_cancel_requested
        self.is_over_soft_timeout = signals.is_over_soft_timeout
        self.emit = signals.emit  # the bench stores it with the end
        self.note_line = signals.note_line
        self._task = task
        self._queue = queue
        self._lease = lease

    def report_progress(self, fraction: float, note: str | None) -> Awaitable[bool]:
        return Answer(at_once(self._queue.report_progress(self._task.id, self._task.fence, fraction, note)))

    def heartbeat(self) -> Awaitable[bool]:
        held = at_once(self._queue.renew({self._task.id: self._task.fence}, self._lease))
        return Answer(not held.lost)
