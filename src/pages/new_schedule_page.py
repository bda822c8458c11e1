"""A form that stores a schedule, and says while one types what its expression means and when it runs next."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from backstage.domain.cron import CronSchedule
from backstage.domain.cron_preview import preview
from backstage.domain.cron_task import CronTask
from backstage.domain.cron_words import in_words
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.missed_ticks import MissedTicks
from backstage.domain.overlap import Overlap
from backstage.pages.problem_page import not_allowed
from backstage.pages.said import Said
from backstage.pages.schedules_page import CATCH_UP, OVERLAP, tick_note
from backstage.pages.visit import Visit

_FIELDS = ("name", "schedule", "time_zone", "task_name", "queue", "args", "catch_up", "overlap")
_SHOWN = {"schedule": "", "time_zone": "UTC", "queue": "default", "catch_up": "one", "overlap": "allow"}


async def new_schedule_page(visit: Visit) -> Response:
    if not visit.may("admin"):
        return not_allowed(visit, "admin")
    values = {name: visit.given(name, _SHOWN.get(name, "")) for name in _FIELDS}
    if visit.request.method == "GET":
        if visit.asked("edit"):
            values = _values_of((await visit.use_cases.get_schedule(visit.asked("edit"))).cron)
        return _shown(visit, values, {})
    try:
        schedule = await visit.use_cases.put_schedule(_cron(values, await _kept(visit, values["name"].strip())))
    except InvalidTaskDataError as error:
        return _shown(visit, values, {each.field.split(".")[0].split("[")[0]: each.message for each in error.fields})
    return visit.redirect(visit.href("/schedules", open=schedule.name), Said(f"Stored the schedule {schedule.name}"))


async def schedule_preview_page(visit: Visit) -> Response:
    """The part beside the form."""
    return visit.render("schedule_preview.html", **_preview(visit, visit.asked("schedule"), visit.asked("time_zone")))


def _shown(visit: Visit, values: dict[str, str], problems: dict[str, str]) -> Response:
    return visit.render(
        "new_schedule.html",
        status=422 if problems else 200,
        cur="Schedules",
        title=f"Edit {values['name']}" if visit.asked("edit") else "New schedule",
        values=values,
        problems=problems,
        types=sorted({*visit.shell.stats.by_type, *(t for w in visit.shell.workers for t in w.types if t != "*")}),
        queues=sorted({"default", *visit.shell.stats.by_queue}),
        catch_ups=[(each.value, CATCH_UP[each.value]) for each in MissedTicks],
        overlaps=[(each.value, OVERLAP[each.value]) for each in Overlap],
        **_preview(visit, values["schedule"], values["time_zone"]),
    )


def _preview(visit: Visit, expression: str, time_zone: str) -> dict[str, Any]:
    """Words and the next five times; or what is wrong with an expression that is typed already."""
    told: dict[str, Any] = {"words": "", "next": (), "preview_problem": None, "tick_note": tick_note}
    if not expression.strip():
        return told
    try:
        cron = CronSchedule.parse(expression, time_zone.strip() or "UTC")
        return {**told, "words": in_words(cron.expression), "next": preview(cron, visit.now, 5)}
    except InvalidTaskDataError as error:
        return {**told, "preview_problem": error.fields[0].message}


async def _kept(visit: Visit, name: str) -> dict[str, Any]:
    """What the form does not show of a schedule that it changes."""
    for schedule in await visit.use_cases.list_schedules():
        if schedule.name == name:
            return {name: getattr(schedule.cron, name) for name in ("jitter", "tags", "key", "payload_version")}
    return {}


def _cron(values: dict[str, str], kept: dict[str, Any]) -> CronTask:
    try:
        args = json.loads(values["args"]) if values["args"].strip() else None
    except (ValueError, RecursionError) as error:
        raise InvalidTaskDataError.of("args", f"is not JSON: {error}") from error
    return CronTask(
        values["schedule"],
        values["task_name"].strip(),
        values["queue"].strip() or "default",
        args,
        time_zone=values["time_zone"].strip() or "UTC",
        name=values["name"].strip(),
        catch_up=values["catch_up"],  # type: ignore[arg-type]
        overlap=values["overlap"],  # type: ignore[arg-type]
        **kept,
    )


def _values_of(cron: CronTask) -> dict[str, str]:
    args = (
        "" if cron.payload_json == "null" else json.dumps(json.loads(cron.payload_json), indent=2, ensure_ascii=False)
    )
    return {name: str(getattr(cron, name)) for name in _FIELDS} | {"args": args}
