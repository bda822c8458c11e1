"""What can be done with a schedule."""

from __future__ import annotations

import shlex
from urllib.parse import quote

from backstage.domain.dedupe import Duplicate
from backstage.pages.action import Action, Question
from backstage.pages.queue_actions import asked_reason
from backstage.pages.said import Said
from backstage.pages.short_id import short_id
from backstage.pages.visit import Visit


def _back(name: str) -> str:
    return f"/schedules?open={quote(name)}"


async def _ask_run(visit: Visit) -> Question:
    schedule = await visit.use_cases.get_schedule(visit.given("schedule"))
    return Question(
        title=f"Run {schedule.name} now?",
        consequence=f"A task of type {schedule.cron.task_name} is stored, due now. Its next time stays as it is.",
        button="Run now",
        keep="Wait for its time",
        command=f"backstage schedules run {shlex.quote(schedule.name)}",
        back=_back(schedule.name),
    )


async def _run(visit: Visit) -> Said:
    name = visit.given("schedule")
    task = await visit.use_cases.run_schedule_now(name)
    if isinstance(task, Duplicate):
        return Said(f"{name} still runs: its task {short_id(task.holder_id)} has not ended", is_refusal=True)
    undo = visit.href("/act/cancel", task=task.id).removeprefix(visit.root)
    return Said(f"Stored a task of {name}", undo=undo)


async def _ask_pause(visit: Visit) -> Question:
    name = (await visit.use_cases.get_schedule(visit.given("schedule"))).name
    return Question(
        title=f"Pause {name}?",
        consequence="It starts nothing until it is resumed. Tasks that it has stored go on.",
        fields=(asked_reason(visit),),
        button="Pause the schedule",
        keep="Let it run",
        command=f"backstage schedules pause {shlex.quote(name)}",
        back=_back(name),
    )


async def _pause(visit: Visit) -> Said:
    name = visit.given("schedule")
    await visit.use_cases.pause_schedule(name, reason=visit.given("reason"))
    return Said(f"Paused {name}", undo=visit.href("/act/resume-schedule", schedule=name).removeprefix(visit.root))


async def _ask_resume(visit: Visit) -> Question:
    name = (await visit.use_cases.get_schedule(visit.given("schedule"))).name
    return Question(
        title=f"Resume {name}?",
        consequence="It starts tasks at its times again. Its rule for missed times decides about those that passed.",
        button="Resume the schedule",
        keep="Leave it paused",
        command=f"backstage schedules resume {shlex.quote(name)}",
        back=_back(name),
    )


async def _resume(visit: Visit) -> Said:
    name = visit.given("schedule")
    await visit.use_cases.resume_schedule(name)
    return Said(f"Resumed {name}", undo=visit.href("/act/pause-schedule", schedule=name).removeprefix(visit.root))


async def _ask_delete(visit: Visit) -> Question:
    name = visit.given("schedule")
    return Question(
        title=f"Delete the schedule {name}?",
        consequence="It starts nothing any more. Tasks that it has stored stay. This cannot be undone.",
        button="Delete the schedule",
        command=f"backstage schedules delete {shlex.quote(name)}",
        is_destructive=True,
        to_type=name,
        back="/schedules",
    )


async def _delete(visit: Visit) -> Said:
    name = visit.given("schedule")
    await visit.use_cases.delete_schedule(name)
    return Said(f"Deleted the schedule {name}")


SCHEDULE_ACTIONS = {
    "run-schedule": Action(ask=_ask_run, do=_run),
    "pause-schedule": Action(ask=_ask_pause, do=_pause),
    "resume-schedule": Action(ask=_ask_resume, do=_resume),
    "delete-schedule": Action(ask=_ask_delete, do=_delete, role="admin"),
}
