from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypedDict, TypeVar, Unpack

from backstage.app.enqueue_parts import EnqueueParts
from backstage.app.put_schedule import PutSchedule
from backstage.domain.cron_task import CronTask
from backstage.domain.missed_ticks import MissedTicks
from backstage.domain.overlap import Overlap
from backstage.domain.payload import decode_payload
from backstage.domain.schedule import Schedule
from backstage.domain.task_type import TaskType
from backstage.domain.typed_payload import TypedPayload

Payload = TypeVar("Payload")


class CronOptions(TypedDict, total=False):
    """The fields of CronTask beside the expression, the task's name and its payload."""

    queue: str
    time_zone: str
    name: str
    catch_up: MissedTicks | Literal["none", "one", "all"]
    overlap: Overlap | Literal["allow", "skip", "replace"]
    jitter: float
    tags: Sequence[str]
    key: str | None


class ScheduleByType:
    """Enqueue a task of a TaskType at each tick of a cron expression, from now on: create the schedule, or change it.

    The options are those of CronTask, and the queue is the type's unless given. The payload is checked now, against
    the type. Raises InvalidTaskDataError.
    """

    def __init__(self, put_schedule: PutSchedule, enqueue_parts: EnqueueParts) -> None:
        self._put_schedule = put_schedule
        self._encode = enqueue_parts.encode

    async def __call__(
        self,
        task_type: TaskType[Payload, Any],
        payload: Payload,
        *,
        cron: str,
        **options: Unpack[CronOptions],
    ) -> Schedule:
        args = decode_payload(self._encode(TypedPayload(task_type, payload)))
        of_type = {name: value for name, value in task_type.options_of(payload).items() if name != "priority"}
        named: dict[str, Any] = {**of_type, **options}
        return await self._put_schedule(CronTask(cron, task_type.name, args=args, **named))
