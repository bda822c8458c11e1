"""Tells listeners what happened, in order, without holding up the tasks."""

from __future__ import annotations

import asyncio
from collections import deque

from backstage.domain.events import (
    TaskCancelled,
    TaskCompleted,
    TaskCreated,
    TaskEvent,
    TaskFailed,
    TaskReleased,
    TaskSnoozed,
    TaskStarted,
)
from backstage.domain.failure import Failure
from backstage.domain.outcome import Outcome, OutcomeKind
from backstage.domain.payload import decode_payload
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.event_bus import EventBus
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState


class Announcer:
    """Builds an event only when somebody hears it."""

    def __init__(self, events: EventBus, clock: Clock, worker_id: str) -> None:
        self._events = events
        self._clock = clock
        self._worker_id = worker_id
        self._waiting: deque[TaskEvent] = deque()
        self._work = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def started(self, task: Task) -> None:
        if self._events.is_heard(TaskStarted.name):
            self._submit(TaskStarted(task=task, at=self._clock.now(), worker_id=self._worker_id))

    def ended(self, task: Task, outcome: Outcome, state: TaskState) -> None:
        """`task` is the claimed task, `outcome` how it ended, `state` what the store made of it."""
        if self._events.is_heard(_NAMES[outcome.kind] if state is not TaskState.CANCELLED else TaskCancelled.name):
            self._submit(self._event(task, outcome, state))
        if outcome.next_tasks and self._events.is_heard(TaskCreated.name):
            for each in outcome.next_tasks:
                self._submit(TaskCreated(task=each, at=self._clock.now()))

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            await self._work.wait()
            self._work.clear()
            while self._waiting:
                await self._events.publish(self._waiting.popleft())
            self._idle.set()

    async def drained(self) -> None:
        await self._idle.wait()

    def _submit(self, event: TaskEvent) -> None:
        self._waiting.append(event)
        self._idle.clear()
        self._work.set()

    def _event(self, task: Task, outcome: Outcome, state: TaskState) -> TaskEvent:
        now = self._clock.now()
        duration = (now - task.started_at).total_seconds() if task.started_at else 0.0
        ended = task.settle(outcome, now) if task.state is TaskState.RUNNING else task
        if state is TaskState.CANCELLED:
            return TaskCancelled(task=ended, at=now)
        match outcome.kind:
            case OutcomeKind.COMPLETED:
                result = None if outcome.result_json is None else decode_payload(outcome.result_json)
                return TaskCompleted(task=ended, at=now, result=result, duration=duration)
            case OutcomeKind.SNOOZED:
                return TaskSnoozed(task=ended, at=now, delay=outcome.delay or 0.0)
            case OutcomeKind.RELEASED:
                return TaskReleased(task=ended, at=now)
            case _:
                return TaskFailed(
                    task=ended,
                    at=now,
                    error=outcome.failure or Failure("Unknown", "the outcome names no failure"),
                    attempt=task.attempt,
                    will_retry=state is TaskState.PENDING,
                    duration=duration,
                )


_NAMES = {
    OutcomeKind.COMPLETED: TaskCompleted.name,
    OutcomeKind.RETRIED: TaskFailed.name,
    OutcomeKind.DEAD: TaskFailed.name,
    OutcomeKind.LOST: TaskFailed.name,
    OutcomeKind.SNOOZED: TaskSnoozed.name,
    OutcomeKind.RELEASED: TaskReleased.name,
    OutcomeKind.CANCELLED: TaskCancelled.name,
}
