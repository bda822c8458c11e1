"""A context for calling a handler as the plain function it is."""

from __future__ import annotations

from collections.abc import Awaitable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Unpack

from msgspec.structs import asdict, replace

from backstage.app.enqueue import asked_for
from backstage.app.enqueue_options import EnqueueOptions
from backstage.app.enqueue_task import EnqueueTask
from backstage.domain.lease import Lease
from backstage.domain.payload import decode_payload
from backstage.domain.queue import DEFAULT_QUEUE
from backstage.domain.task import Task
from backstage.domain.task_type import TaskType
from backstage.infra.structured_logging import new_logger
from backstage.infra.typed_payload import encode_typed_payload
from backstage.testing.fake_clock import FakeClock
from backstage.testing.predictable import LEASE, WORKER_ID, NumberedIds
from backstage.worker.executing.handler_threads import Answer
from backstage.worker.handling.context import TaskContext


@dataclass
class FakeSignals:
    """What the handler will be told, and what it has told; set the former at any time, also while it runs."""

    shutting_down: bool = False
    cancel_requested: bool = False
    over_soft_timeout: bool = False
    holds_lease: bool = True
    """What `progress`, `heartbeat` and `emit` answer."""
    progress: list[tuple[float, str | None]] = field(default_factory=list)
    heartbeats: int = 0
    emitted: list[Any] = field(default_factory=list)
    log: list[Mapping[str, Any]] = field(default_factory=list)
    enqueued: list[Task] = field(default_factory=list)
    """What the handler has enqueued by its context; no store has it."""

    def is_shutting_down(self) -> bool:
        return self.shutting_down

    def is_cancel_requested(self) -> bool:
        return self.cancel_requested

    def is_over_soft_timeout(self) -> bool:
        return self.over_soft_timeout

    def report_progress(self, fraction: float, note: str | None) -> Awaitable[bool]:
        self.progress.append((fraction, note))
        return Answer(self.holds_lease)

    def heartbeat(self) -> Awaitable[bool]:
        self.heartbeats += 1
        return Answer(self.holds_lease)

    def emit(self, data_json: str) -> Awaitable[bool]:
        self.emitted.append(decode_payload(data_json))
        return Answer(self.holds_lease)

    def note_line(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        """The lines are in `log`."""


class EnqueuedTask(Task, frozen=True, kw_only=True, gc=False):
    """Also awaitable, for handlers that are async."""

    def __await__(self) -> Generator[Any, None, EnqueuedTask]:
        yield from ()
        return self


class FakeContext(TaskContext):
    """A TaskContext that no worker stands behind; its `signals` are in the test's hand."""

    __slots__ = ("_backstage", "_fake_signals", "_ids")

    def __init__(self, task: Task, logger: Any, signals: FakeSignals, backstage: Any = None) -> None:
        super().__init__(task, WORKER_ID, logger, signals)
        self._fake_signals = signals
        self._backstage = backstage
        self._ids = NumberedIds()
        self._ids.new()  # was the task's own

    @property
    def backstage(self) -> Any:
        if self._backstage is None:
            raise RuntimeError("this context has no store: give it one, as in new_context(backstage=bench.backstage)")
        return self._backstage

    def enqueue(
        self, task_type: str | TaskType[Any, Any], payload: Any = None, **options: Unpack[EnqueueOptions]
    ) -> EnqueuedTask:
        """Note the task in `signals.enqueued`, and return it as a worker's context does."""
        request = asked_for(task_type, payload, options)
        task = request.task(self._ids, self.task.started_at or self.task.created_at, self.task, encode_typed_payload)
        enqueued = EnqueuedTask(**asdict(task))
        self._fake_signals.enqueued.append(enqueued)
        return enqueued

    @property
    def signals(self) -> FakeSignals:
        return self._fake_signals


def new_context(
    task_type: str = "test",
    payload: Any = None,
    *,
    attempt: int = 1,
    queue: str = DEFAULT_QUEUE,
    priority: int = 0,
    max_attempts: int | None = None,
    correlation_id: str | None = None,
    metadata: Mapping[str, str] | None = None,
    signals: FakeSignals | None = None,
    backstage: Any = None,
) -> FakeContext:
    """Return the context of a running task, for calling a handler directly::

        async def resize(payload, context):
            for done in range(payload["images"]):
                if context.should_stop():
                    return {"resized": done}
                await context.progress((done + 1) / payload["images"])

        context = new_context("image:resize", attempt=2)
        await resize({"images": 2}, context)
        assert context.signals.progress == [(0.5, None), (1.0, None)]

        context.signals.shutting_down = True
        assert await resize({"images": 2}, context) == {"resized": 0}

    What it enqueues by the context is in `context.signals.enqueued`; `backstage` is what `context.backstage`
    answers, such as a bench's. Works without an event loop, too. `attempt` counts from 1. Raises
    InvalidTaskDataError for what no store would take.
    """
    request = EnqueueTask(
        task_type,
        payload,
        queue=queue,
        priority=priority,
        max_attempts=max_attempts,
        correlation_id=correlation_id,
        metadata=metadata,
    )
    now = FakeClock().now()
    pending = replace(request.task(NumberedIds(), now, encode=encode_typed_payload), deliveries=attempt - 1)
    running = pending.claim(Lease(WORKER_ID, now + timedelta(seconds=LEASE)), now)
    signals = signals or FakeSignals()
    logger = new_logger(level="debug", silent=True, log_handler=signals.log.append)
    return FakeContext(running, logger, signals, backstage)
