from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import structlog

from backstage.app.use_cases import UseCases
from backstage.domain.handler_signals import RetryLater
from backstage.domain.ports.task_queue import ClaimRequest
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.blinker_event_bus import BlinkerEventBus
from backstage.infra.memory.backend import MemoryBackend
from backstage.infra.settings.settings import Settings
from backstage.infra.uuid7_ids import Uuid7Ids
from backstage.testing import FakeClock, NoJitter
from backstage.worker.executing.handler_threads import HandlerThreads
from backstage.worker.executing.run_outcome import RunOutcome
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.handler import TaskHandlerRegistration
from backstage.worker.handling.handler_registry import RegisteredHandler
from backstage.worker.handling.middleware import Run
from backstage.worker.hosting.from_settings import options_from
from backstage.worker.runtime.attempt_runner import AttemptRunner
from backstage.worker.runtime.error_backoff import ErrorBackoff
from backstage.worker.runtime.event_publisher import EventPublisher
from backstage.worker.runtime.held_task import StopReason
from backstage.worker.runtime.history_recorder import HistoryRecorder
from backstage.worker.runtime.lanes import Lanes
from backstage.worker.runtime.run_reports import RunReports
from backstage.worker.runtime.slots import Slots
from backstage.worker.runtime.subscription_watch import SubscriptionWatch
from backstage.worker.watching.background_loop_health import LoopHealth
from backstage.worker.watching.metrics import WorkerMetrics


async def _never_begins(context: TaskContext) -> Any:
    raise RetryLater(1)


def _slots(
    backend: MemoryBackend, run: Run = _never_begins, prefetch: int | None = 0, hint: asyncio.Event | None = None
) -> Slots:
    logger = structlog.get_logger()
    options = replace(options_from(Settings(concurrency=1), {}), prefetch=prefetch)
    run_outcome = RunOutcome(lambda parent, following: parent, NoJitter(), logger)
    registration = TaskHandlerRegistration("x", run)
    return Slots(
        queue=backend.queue,
        options=options,
        lanes=Lanes({"x": RegisteredHandler(registration, run)}, options, WorkerMetrics()),
        runner=AttemptRunner(run_outcome, "w", logger),
        threads=HandlerThreads(1),
        subscriptions=_no_subscriptions(backend, logger),
        publisher=EventPublisher(BlinkerEventBus(logger), backend.clock, "w"),
        history=HistoryRecorder(backend.history, WorkerMetrics(), backend.clock, logger),
        reports=RunReports(backend.task_events, backend.clock, logger),
        backoff=ErrorBackoff(NoJitter()),
        hint=hint or asyncio.Event(),
        settler_health=LoopHealth("settler"),
        logger=structlog.wrap_logger(structlog.ReturnLogger()),
    )


def _no_subscriptions(backend: MemoryBackend, logger: Any) -> SubscriptionWatch:
    cancel_deliveries = UseCases(backend, BlinkerEventBus(logger), Uuid7Ids()).cancel_deliveries
    return SubscriptionWatch(backend.subscriptions, (), cancel_deliveries, backend.clock, logger)


async def _claimed(backend: MemoryBackend, tasks: Sequence[Task]) -> Sequence[Task]:
    await backend.tasks.add(tasks)
    request = ClaimRequest(worker_id="w", types=frozenset({"x"}), queues=None, limit=len(tasks), lease=30)
    return (await backend.queue.claim(request)).tasks


async def test_a_run_that_is_stopped_before_its_first_step_still_ends_and_frees_its_slot(new_task: Any) -> None:
    backend = MemoryBackend(FakeClock())
    [task] = claimed = await _claimed(backend, [new_task(type="x")])
    slots = _slots(backend)
    settling = asyncio.create_task(slots.settler.run())
    slots.start(claimed, asyncio.get_running_loop().time() + 30)
    held = slots.held.find(task.id)
    assert held is not None
    assert held.run is not None
    slots.stop_run(held, StopReason.CANCEL_REQUESTED)  # in the turn of the loop that has started it
    async with asyncio.timeout(30):
        await asyncio.wait([held.run])
        await slots.settler.drained()
    assert (await backend.tasks.get(task.id)).state is TaskState.CANCELLED
    assert slots.room() == 1
    settling.cancel()


async def test_a_run_before_its_first_step_goes_back_when_the_slots_are_closed(new_task: Any) -> None:
    async def begins(context: TaskContext) -> Any:
        raise AssertionError("a handler has begun")

    backend = MemoryBackend(FakeClock())
    [task] = claimed = await _claimed(backend, [new_task(type="x")])
    slots = _slots(backend, begins)
    settling = asyncio.create_task(slots.settler.run())
    slots.start(claimed, asyncio.get_running_loop().time() + 30)
    slots.close()  # in the turn of the loop that has given it a slot
    async with asyncio.timeout(30):
        while slots.held:  # noqa: ASYNC110 - the settler brings it about
            await asyncio.sleep(0)
    stored = await backend.tasks.get(task.id)
    assert (stored.state, stored.deliveries, stored.attempt) == (TaskState.PENDING, 1, 0)
    assert await backend.tasks.attempts(task.id) == []
    settling.cancel()


async def test_an_error_of_the_worker_itself_fails_the_attempt_and_frees_the_slot(
    new_task: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> Any:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(AttemptRunner, "run", broken)
    backend = MemoryBackend(FakeClock())
    [task] = claimed = await _claimed(backend, [new_task(type="x", max_attempts=1)])
    slots = _slots(backend)
    settling = asyncio.create_task(slots.settler.run())
    slots.start(claimed, asyncio.get_running_loop().time() + 30)
    async with asyncio.timeout(30):
        while slots.held:  # noqa: ASYNC110 - the settler brings it about
            await asyncio.sleep(0)
    failed = await backend.tasks.get(task.id)
    assert (failed.state, str(failed.last_failure)) == (TaskState.FAILED, "RuntimeError: a bug of ours")
    assert failed.last_failure is not None and "in broken" in failed.last_failure.traceback
    assert slots.room() == 1
    settling.cancel()


async def test_nobody_is_told_of_room_while_enough_tasks_wait_for_slots(new_task: Any) -> None:
    async def ends(context: TaskContext) -> Any:
        return None

    backend, room_again = MemoryBackend(FakeClock()), asyncio.Event()
    claimed = await _claimed(backend, [new_task(type="x") for _ in range(5)])
    slots = _slots(backend, ends, 4, room_again)
    slots.start(claimed, asyncio.get_running_loop().time() + 30)
    assert (slots.waiting, slots.room()) == (4, 0)
    async with asyncio.timeout(30):
        while not room_again.is_set():  # noqa: ASYNC110 - each turn of the loop ends one run
            await asyncio.sleep(0)
    assert slots.waiting == 2
    assert slots.room() > 0


async def _states_after_two_looks(prefetch: int | None, new_task: Any) -> list[TaskState]:
    """Of two tasks at one slot, whose handler does not end."""
    ending = asyncio.Event()

    async def takes_its_time(context: TaskContext) -> Any:
        await ending.wait()

    backend = MemoryBackend(FakeClock())
    claimed = await _claimed(backend, [new_task(type="x"), new_task(type="x")])
    slots = _slots(backend, takes_its_time, prefetch)
    settling = asyncio.create_task(slots.settler.run())
    slots.start(claimed, asyncio.get_running_loop().time() + 30)
    for _ in range(2):
        await slots.give_back_stalled()
    async with asyncio.timeout(30):
        await slots.settler.drained()
    states = [(await backend.tasks.get(task.id)).state for task in claimed]
    ending.set()
    settling.cancel()
    return states


async def test_what_was_claimed_ahead_goes_back_when_the_slots_turn_out_to_be_busy(new_task: Any) -> None:
    assert await _states_after_two_looks(None, new_task) == [TaskState.RUNNING, TaskState.PENDING]


async def test_what_waits_behind_long_tasks_goes_back_though_slots_come_free(new_task: Any) -> None:
    endings, beginnings = asyncio.Queue[None](), asyncio.Queue[None]()

    async def takes_its_time(context: TaskContext) -> Any:
        beginnings.put_nowait(None)
        await endings.get()

    backend = MemoryBackend(FakeClock())
    claimed = await _claimed(backend, [new_task(type="x") for _ in range(4)])
    slots = _slots(backend, takes_its_time, None)
    settling = asyncio.create_task(slots.settler.run())
    slots.start(claimed, asyncio.get_running_loop().time() + 30)
    async with asyncio.timeout(30):
        await beginnings.get()
        await slots.give_back_stalled()
        endings.put_nowait(None)
        await beginnings.get()
        await slots.give_back_stalled()
        await slots.settler.drained()
    states = [(await backend.tasks.get(task.id)).state for task in claimed]
    assert states == [TaskState.COMPLETED, TaskState.RUNNING, TaskState.PENDING, TaskState.PENDING]
    endings.put_nowait(None)
    settling.cancel()


async def test_what_a_fixed_prefetch_claimed_stays(new_task: Any) -> None:
    assert await _states_after_two_looks(1, new_task) == [TaskState.RUNNING, TaskState.RUNNING]
