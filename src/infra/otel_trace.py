"""Spans of OpenTelemetry, by the semantic conventions for messaging.

The API alone is used: where the spans go is up to the SDK that the application sets up; without one there are none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from msgspec.structs import replace
from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.handler_signals import EndAsCancelled, RetryLater
from backstage.domain.limits import MAX_METADATA_BYTES
from backstage.domain.payload import encode_payload
from backstage.domain.task import Task

SYSTEM = "backstage"
_last_run: ContextVar[Context | None] = ContextVar("backstage_last_run", default=None)
"""Of this asyncio.Task: what it chains when its handler has ended belongs there."""


class OtelTrace:
    """TaskTrace. One span sends a whole batch; it is the parent of each run, however many attempts a task takes."""

    def __init__(self) -> None:
        self._tracer = trace.get_tracer(SYSTEM)

    @contextmanager
    def sending(self, tasks: Sequence[Task]) -> Iterator[list[Task]]:
        with self._tracer.start_as_current_span(_name("send", tasks), kind=SpanKind.PRODUCER, attributes=_sent(tasks)):
            yield [_carrying(task) for task in tasks]

    def chained(self, task: Task) -> Task:
        with self._tracer.start_as_current_span(
            _name("send", [task]), context=_last_run.get(), kind=SpanKind.PRODUCER, attributes=_sent([task])
        ):
            return _carrying(task)

    @contextmanager
    def processing(self, task: Task, worker_id: str) -> Iterator[Callable[[str], None]]:
        with self._tracer.start_as_current_span(
            _name("process", [task]),
            context=propagate.extract(task.metadata, Context()),
            kind=SpanKind.CONSUMER,
            attributes=_processed(task, worker_id),
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            _last_run.set(trace.set_span_in_context(span))
            try:
                yield lambda error: span.set_status(Status(StatusCode.ERROR, error))
            except (RetryLater, EndAsCancelled):
                raise  # what a handler asks for is no error
            except Exception as error:
                _tell(span, error)
                raise


def _tell(span: Span, error: Exception) -> None:
    span.record_exception(error)
    span.set_attribute("error.type", type(error).__qualname__)
    span.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {error}"))


def _carrying(task: Task) -> Task:
    """The task with the present context in its metadata; as it is, if that would be more than metadata may be."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    metadata = {**task.metadata, **carrier}
    try:
        encode_payload(metadata, field="metadata", limit=MAX_METADATA_BYTES)
    except InvalidTaskDataError:
        return task
    return replace(task, metadata=metadata)


def _name(operation: str, tasks: Sequence[Task]) -> str:
    """By type and not by queue, which the conventions propose: most tasks are on one queue."""
    types = {task.type for task in tasks}
    return f"{operation} {types.pop()}" if len(types) == 1 else operation


def _sent(tasks: Sequence[Task]) -> dict[str, Any]:
    if len(tasks) == 1:
        return {**_of_operation("send"), **_of_task(tasks[0])}
    queues = {task.queue for task in tasks}
    destination = {"messaging.destination.name": queues.pop()} if len(queues) == 1 else {}
    return {**_of_operation("send"), **destination, "messaging.batch.message_count": len(tasks)}


def _processed(task: Task, worker_id: str) -> dict[str, Any]:
    return {
        **_of_operation("process"),
        **_of_task(task),
        "messaging.client.id": worker_id,
        "backstage.task.attempt": task.attempt,
        "backstage.task.workflow_id": task.workflow_id,
    }


def _of_operation(name: str) -> dict[str, Any]:
    return {"messaging.system": SYSTEM, "messaging.operation.name": name, "messaging.operation.type": name}


def _of_task(task: Task) -> dict[str, Any]:
    return {
        "messaging.destination.name": task.queue,
        "messaging.message.id": task.id,
        "messaging.message.conversation_id": task.correlation_id,
        "backstage.task.type": task.type,
    }
