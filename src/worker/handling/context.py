"""What a handler is told about the run it is in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any, NoReturn, Protocol, TypeVar, Unpack, overload

from backstage.app.enqueue import asked_for
from backstage.app.enqueue_options import EnqueueOptions
from backstage.domain.handler_signals import EndAsCancelled
from backstage.domain.payload import encode_event
from backstage.domain.task import Task
from backstage.domain.task_type import TaskType
from backstage.worker.handling.handler_store import HandlerStore
from backstage.worker.handling.noting_logger import NotingLogger
from backstage.worker.handling.run_limits import RunLimits

Payload = TypeVar("Payload")


class RunSignals(Protocol):
    """The running attempt, as far as its handler may see and touch it."""

    def is_shutting_down(self) -> bool: ...
    def is_cancel_requested(self) -> bool: ...
    def is_over_soft_timeout(self) -> bool: ...
    def report_progress(self, fraction: float, note: str | None) -> Awaitable[bool]: ...
    def heartbeat(self) -> Awaitable[bool]: ...
    def emit(self, data_json: str) -> Awaitable[bool]: ...
    def note_line(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        """Called with each line that the handler logs by its context."""


class TaskContext:
    """What a handler knows of its run: `task`, `worker_id`, `attempt` (from 1), `fence`, `logger`, and the signals.

    `fence` rises with every claim of the task: write it beside your own data and refuse a lower one, and a
    worker that was believed dead cannot overwrite what its successor wrote. `logger` puts the task's id, type,
    queue, attempt and correlation id into each line. `backstage` is the worker's store.
    """

    __slots__ = ("_bound_logger", "_logger", "_signals", "_store", "asyncio_task", "limits", "task", "worker_id")

    def __init__(
        self,
        task: Task,
        worker_id: str,
        logger: Any,
        signals: RunSignals,
        store: HandlerStore | None = None,
        limits: RunLimits | None = None,
        asyncio_task: asyncio.Task[Any] | None = None,
    ) -> None:
        """`limits` are what the worker holds the run to; `asyncio_task` is what it runs in, where that is known."""
        self.task = task
        self.worker_id = worker_id
        self._logger = logger
        self._bound_logger: Any = None
        self._signals = signals
        self._store = store
        self.limits = limits
        self.asyncio_task = asyncio_task

    @property
    def logger(self) -> Any:
        """A structlog logger; bound when it is first used, for most runs log nothing of their own."""
        if self._bound_logger is None:
            bound = self._logger.bind(
                task_id=self.task.id,
                type=self.task.type,
                queue=self.task.queue,
                attempt=self.attempt,
                correlation_id=self.correlation_id,
            )
            note = getattr(self._signals, "note_line", None)  # a middleware's own signals may know nothing of it
            self._bound_logger = bound if note is None else NotingLogger(bound, note)
        return self._bound_logger

    @property
    def signals(self) -> RunSignals:
        return self._signals

    def find_store(self) -> HandlerStore | None:
        return self._store

    @property
    def backstage(self) -> Any:
        """The use cases on the worker's store: its Container on the event loop, and for handlers in threads and
        processes the same as a BlockingContainer has."""
        return self._known_store().backstage

    @overload
    def enqueue(
        self, task_type: TaskType[Payload, Any], payload: Payload, **options: Unpack[EnqueueOptions]
    ) -> Any: ...

    @overload
    def enqueue(self, task_type: str, payload: Any = None, **options: Unpack[EnqueueOptions]) -> Any: ...

    def enqueue(
        self, task_type: str | TaskType[Any, Any], payload: Any = None, **options: Unpack[EnqueueOptions]
    ) -> Any:
        """Store a task of this task's workflow, with its correlation id unless another is given; `options` are the
        fields of EnqueueTask.

        Returns the Task, or None if its dedupe key is held: to be awaited by an async handler, there at once for any
        other. A run that is repeated stores it again, unless an `id` or a `dedupe` key forbids it; `Next` is stored
        with the completion alone. Raises InvalidTaskDataError.
        """
        return self._known_store().enqueue(asked_for(task_type, payload, options), self.task)

    def moved(self, signals: RunSignals, store: HandlerStore | None) -> TaskContext:
        """The same run, seen from another place."""
        return TaskContext(self.task, self.worker_id, self._logger, signals, store, self.limits)

    def _known_store(self) -> HandlerStore:
        if self._store is None:
            raise RuntimeError("this context belongs to no worker, so it has no store")
        return self._store

    @property
    def attempt(self) -> int:
        return self.task.attempt

    @property
    def fence(self) -> int:
        return self.task.fence

    @property
    def correlation_id(self) -> str:
        return self.task.correlation_id

    @property
    def metadata(self) -> Mapping[str, str]:
        return self.task.metadata

    def is_shutting_down(self) -> bool:
        """Whether the worker was told to stop; the handler still has the grace period."""
        return self._signals.is_shutting_down()

    def is_cancel_requested(self) -> bool:
        return self._signals.is_cancel_requested()

    def is_over_soft_timeout(self) -> bool:
        return self._signals.is_over_soft_timeout()

    def should_stop(self) -> bool:
        """Whether there is any reason to wind up early: shutdown, cancel or soft timeout."""
        return self.is_shutting_down() or self.is_cancel_requested() or self.is_over_soft_timeout()

    def progress(self, fraction: float, note: str | None = None) -> Awaitable[bool]:
        """Record how far the task is, from 0 to 1. Await it to know that it was stored; you need not.

        The answer is False when this run no longer holds the task.
        """
        return self._signals.report_progress(min(max(float(fraction), 0.0), 1.0), note)

    def emit(self, data: Any) -> Awaitable[bool]:
        """Tell those who follow the task, at once: any JSON value of at most 64 KiB, such as a part of an answer.

        Await it: it returns as soon as the value is on its way, and waits only while the store falls behind. False when
        this run no longer holds the task. Raises InvalidTaskDataError.
        """
        return self._signals.emit(encode_event(data))

    def heartbeat(self) -> Awaitable[bool]:
        """Renew the lease now, beside the renewals that happen by themselves; False when it is lost."""
        return self._signals.heartbeat()

    def cancel(self, reason: str = "cancelled by its handler") -> NoReturn:
        """End this task as CANCELLED."""
        raise EndAsCancelled(reason)
