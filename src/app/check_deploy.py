from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from backstage.domain.deploy_report import (
    DeployedCode,
    DeployReport,
    LookedAt,
    UnknownLane,
    UnknownName,
    UnreadableField,
)
from backstage.domain.field_error import FieldError
from backstage.domain.lane_type import plain_type
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.schedule_repository import ScheduleRepository
from backstage.domain.ports.subscriptions import Subscriptions
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.schedule import Schedule
from backstage.domain.subscription import Subscription
from backstage.domain.task import Task
from backstage.domain.task_query import MAX_PAGE, TaskQuery
from backstage.domain.task_state import LIVE_STATES, TaskState
from backstage.domain.tick import tick_task

MOST_LOOKED_AT = 10_000
"""Tasks of one queue and type of which the payloads are read: the newest."""
_SAMPLES = 3
Lanes = dict[tuple[str, str], dict[TaskState, int]]
"""Queue and type, as in `Task.lane_type`, to how many tasks are in which state."""


class CheckDeploy:
    """Return what other code, such as the next release, could not run of what is stored: types and versions that it
    does not know, payloads that its handlers do not read, schedules and subscriptions.

    It runs nothing, and changes nothing. For a roll-back, ask with the code of the release before.
    """

    def __init__(
        self, tasks: TaskRepository, schedules: ScheduleRepository, subscriptions: Subscriptions, clock: Clock
    ) -> None:
        self._tasks, self._schedules, self._subscriptions, self._clock = tasks, schedules, subscriptions, clock

    async def __call__(self, code: DeployedCode) -> DeployReport:
        lanes = await self._lanes()
        unreadable, looked_at = await self._read(code, lanes)
        return DeployReport(
            unknown_lanes=await self._unknown(code, lanes),
            unreadable=unreadable,
            unknown_names=(*await self._unknown_schedules(code), *await self._unknown_subscriptions(code)),
            looked_at=looked_at,
        )

    async def _lanes(self) -> Lanes:
        """Those with live tasks."""
        lanes: Lanes = {}
        for count in await self._tasks.counts():
            if count.state in LIVE_STATES and count.tasks:
                lanes.setdefault((count.queue, count.type), {})[count.state] = count.tasks
        return lanes

    async def _unknown(self, code: DeployedCode, lanes: Lanes) -> tuple[UnknownLane, ...]:
        unknown = sorted(lane for lane in lanes if not code.serves(lane[1]))
        waited = {(each.queue, each.type): each.waited for each in await self._tasks.oldest_due()} if unknown else {}
        return tuple(
            UnknownLane(
                *lane, lanes[lane].get(TaskState.PENDING, 0), lanes[lane].get(TaskState.RUNNING, 0), waited.get(lane)
            )
            for lane in unknown
        )

    async def _read(self, code: DeployedCode, lanes: Lanes) -> tuple[tuple[UnreadableField, ...], tuple[LookedAt, ...]]:
        """The payloads of what the code knows."""
        found: dict[tuple[str, str, str, str], _Found] = {}
        looked_at = []
        stored: Counter[tuple[str, str]] = Counter()
        for (queue, lane), numbers in lanes.items():
            stored[queue, plain_type(lane)] += sum(numbers.values())
        for queue, type_ in sorted({(queue, plain_type(lane)) for queue, lane in lanes if code.serves(lane)}):
            looked = 0
            async for task in self._newest(queue, type_):
                looked += 1
                for each in code.problems_of(task) if code.serves(task.lane_type) else ():
                    found.setdefault((queue, task.lane_type, each.field, each.message), _Found()).add(task)
            looked_at.append(LookedAt(queue, type_, looked, max(looked, stored[queue, type_])))
        unreadable = (UnreadableField(*place, each.tasks, tuple(each.ids)) for place, each in sorted(found.items()))
        return tuple(unreadable), tuple(looked_at)

    async def _newest(self, queue: str, type_: str) -> AsyncIterator[Task]:
        after: str | None = None
        for _ in range(MOST_LOOKED_AT // MAX_PAGE):
            page = await self._tasks.find(
                TaskQuery(states=LIVE_STATES, queue=queue, type=type_, limit=MAX_PAGE, after=after)
            )
            for task in page.tasks:
                yield task
            after = page.next_after
            if after is None:
                return

    async def _unknown_schedules(self, code: DeployedCode) -> list[UnknownName]:
        now = self._clock.now()
        unknown = []
        for each in await self._schedules.all():
            if not isinstance(each, Schedule):
                unknown.append(UnknownName("schedule", each.name, each.problem))
                continue
            task = tick_task(each.cron, now + timedelta(seconds=1), now)
            if not code.serves(task.lane_type):
                unknown.append(UnknownName("schedule", each.name, f"no handler gets tasks of type {task.lane_type}"))
            elif problems := code.problems_of(task):
                unknown.append(UnknownName("schedule", each.name, _told(problems)))
        return unknown

    async def _unknown_subscriptions(self, code: DeployedCode) -> list[UnknownName]:
        return [
            UnknownName("subscription", each.name, "the code has no durable listener of this name")
            for each in await self._subscriptions.all()
            if not isinstance(each, Subscription) or not code.serves(each.delivery_type)
        ]


@dataclass
class _Found:
    tasks: int = 0
    ids: list[str] = field(default_factory=list)

    def add(self, task: Task) -> None:
        self.tasks += 1
        if len(self.ids) < _SAMPLES:
            self.ids.append(task.id)


def _told(problems: Sequence[FieldError]) -> str:
    return "; ".join(f"{each.field}: {each.message}" for each in problems)
