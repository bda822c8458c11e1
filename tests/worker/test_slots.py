from __future__ import annotations

import asyncio
from typing import Any

import structlog

from backstage.domain.handler_signals import RetryLater
from backstage.domain.ports.task_queue import ClaimRequest
from backstage.domain.retry_policy import RetryPolicy
from backstage.domain.task_state import TaskState
from backstage.infra.blinker_event_bus import BlinkerEventBus
from backstage.infra.memory.backend import MemoryBackend
from backstage.testing import FakeClock, NoJitter
from backstage.worker.announcer import Announcer
from backstage.worker.attempt_runner import AttemptRunner
from backstage.worker.conclusion import Conclusion
from backstage.worker.context import TaskContext
from backstage.worker.error_backoff import ErrorBackoff
from backstage.worker.handler import TaskHandlerRegistration
from backstage.worker.handler_registry import RegisteredHandler
from backstage.worker.handler_threads import HandlerThreads
from backstage.worker.held_task import StopReason
from backstage.worker.metrics import WorkerMetrics
from backstage.worker.run_limits import LimitsOf
from backstage.worker.slots import Slots
from backstage.worker.worker_options import WorkerOptions


def _slots(backend: MemoryBackend) -> Slots:
    async def never_begins(context: TaskContext) -> Any:
        raise RetryLater(1)

    logger, options = structlog.get_logger(), WorkerOptions(worker_id="w", concurrency=1, retry=RetryPolicy())
    conclusion = Conclusion(lambda parent, following: parent, NoJitter())
    registration = TaskHandlerRegistration("x", never_begins)
    return Slots(
        queue=backend.queue,
        options=options,
        handlers={"x": RegisteredHandler(registration, never_begins)},
        runner=AttemptRunner(LimitsOf(options), conclusion, "w", logger),
        threads=HandlerThreads(1),
        announcer=Announcer(BlinkerEventBus(logger), backend.clock, "w"),
        metrics=WorkerMetrics(),
        backoff=ErrorBackoff(NoJitter()),
        hint=asyncio.Event(),
        logger=structlog.wrap_logger(structlog.ReturnLogger()),
    )


async def test_a_run_that_is_stopped_before_its_first_step_still_ends_and_frees_its_slot(new_task: Any) -> None:
    backend = MemoryBackend(FakeClock())
    await backend.tasks.add([new_task(type="x")])
    claimed = await backend.queue.claim(
        ClaimRequest(worker_id="w", types=frozenset({"x"}), queues=None, limit=1, lease=30)
    )
    [task] = claimed.tasks
    slots = _slots(backend)
    settling = asyncio.create_task(slots.settler.run())
    slots.start(claimed.tasks, asyncio.get_running_loop().time() + 30)
    held = slots.held.find(task.id)
    assert held is not None
    assert held.run is not None
    slots.tell(held, StopReason.CANCEL_REQUESTED)  # in the turn of the loop that has started it
    async with asyncio.timeout(5):
        await asyncio.wait([held.run])
        await slots.settler.drained()
    assert (await backend.tasks.get(task.id)).state is TaskState.CANCELLED
    assert slots.room() == 1
    settling.cancel()
