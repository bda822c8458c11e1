"""Tells listeners what happened, in order, without holding up the tasks."""

from __future__ import annotations

import asyncio
from collections import deque

from backstage.domain.ended_event import ENDED_EVENT_NAMES, ended_event
from backstage.domain.events import TaskCreated, TaskEvent, TaskStarted
from backstage.domain.outcome import Outcome
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.event_bus import EventBus
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState


class EventPublisher:
    """Builds an event only when somebody hears it."""

    def __init__(self, events: EventBus, clock: Clock, worker_id: str) -> None:
        self._events = events
        self.is_heard = events.is_heard
        """Whether anybody listens to the events of that name; else nobody need be told of them."""
        self._clock = clock
        self._worker_id = worker_id
        self._waiting: deque[TaskEvent] = deque()
        self._work = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def started(self, task: Task) -> None:
        if self.is_heard(TaskStarted.name):
            self._submit(TaskStarted(task=task, at=self._clock.now(), worker_id=self._worker_id))

    def ended(self, task: Task, outcome: Outcome, state: TaskState) -> None:
        """`task` is the claimed task, `outcome` how it ended, `state` what the store made of it."""
        if self.is_heard(ENDED_EVENT_NAMES[outcome.kind_in(state)]):
            self._submit(ended_event(task, outcome, state, self._clock.now()))
        if outcome.next_tasks and self.is_heard(TaskCreated.name):
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
