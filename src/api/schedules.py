from __future__ import annotations

from typing import Annotated, Any, Self

from fastapi import APIRouter, Path

from backstage.api.admission import Asked
from backstage.api.documents import Document, EnqueuedDocument
from backstage.api.requests import NewPause, NewSchedule
from backstage.api.values import Moment
from backstage.domain.missed_ticks import MissedTicks
from backstage.domain.overlap import Overlap
from backstage.domain.schedule import Schedule

_Name = Annotated[str, Path(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]
schedules = APIRouter(prefix="/v1/schedules", tags=["schedules"])


class ScheduleDocument(Document):
    """A schedule as it is stored."""

    name: str
    schedule: str
    task_name: str
    queue: str
    args: Any
    time_zone: str
    catch_up: MissedTicks
    overlap: Overlap
    jitter: float
    tags: list[str]
    key: str | None
    last_tick: Moment
    """Up to here ticks were fired or skipped."""
    is_paused: bool
    paused_since: Moment | None
    """Null, as what follows, where an earlier release paused it."""
    paused_by: str | None
    pause_reason: str | None

    @classmethod
    def of(cls, schedule: Schedule) -> Self:
        names = [name for name in cls.model_fields if hasattr(schedule.cron, name)]
        known = {name: getattr(schedule.cron, name) for name in names}
        pause = schedule.pause
        return cls.model_validate(
            {
                **known,
                "last_tick": schedule.last_tick,
                "is_paused": schedule.is_paused,
                "paused_since": pause and pause.since,
                "paused_by": pause and pause.by,
                "pause_reason": pause and pause.reason,
            }
        )


class UnreadableDocument(Document):
    """A stored schedule that cannot be read here, so it does not fire here."""

    name: str
    problem: str


class SchedulesDocument(Document):
    schedules: list[ScheduleDocument]
    unreadable: list[UnreadableDocument]


class ChangedDocument(Document):
    name: str
    has_changed: bool
    """False where it was so already."""


@schedules.get("")
async def list_schedules(asked: Asked) -> SchedulesDocument:
    """Every schedule, by name."""
    return SchedulesDocument(
        schedules=[ScheduleDocument.of(each) for each in await asked.list_schedules()],
        unreadable=[UnreadableDocument.model_validate(each) for each in await asked.list_unreadable_schedules()],
    )


@schedules.get("/{name:path}")
async def get_schedule(asked: Asked, name: _Name) -> ScheduleDocument:
    return ScheduleDocument.of(await asked.get_schedule(name))


@schedules.put("/{name:path}")
async def put_schedule(asked: Asked, name: _Name, body: NewSchedule) -> ScheduleDocument:
    """Create the schedule of that name, or change it; a pause stays."""
    return ScheduleDocument.of(await asked.put_schedule(body.cron_task(name)))


@schedules.delete("/{name:path}", status_code=204)
async def delete_schedule(asked: Asked, name: _Name) -> None:
    """Delete the schedule. The tasks that it has enqueued stay."""
    await asked.delete_schedule(name)


@schedules.post("/{name:path}/pause")
async def pause_schedule(asked: Asked, name: _Name, body: NewPause | None = None) -> ChangedDocument:
    return ChangedDocument(
        name=name, has_changed=await asked.pause_schedule(name, reason=body.reason if body else None)
    )


@schedules.post("/{name:path}/resume")
async def resume_schedule(asked: Asked, name: _Name) -> ChangedDocument:
    return ChangedDocument(name=name, has_changed=await asked.resume_schedule(name))


@schedules.post("/{name:path}/run")
async def run_schedule_now(asked: Asked, name: _Name) -> EnqueuedDocument:
    """Enqueue the schedule's task once more, due now. No tick is used up."""
    return EnqueuedDocument.of(await asked.run_schedule_now(name))
