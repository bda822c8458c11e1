from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from backstage.cli.answer import print_json, print_text
from backstage.cli.command_parser import DONE, CommandParser
from backstage.cli.schedule_document import schedule_document
from backstage.cli.schedules_preview import preview_document, print_preview
from backstage.cli.store import existing_store
from backstage.cli.table import print_table
from backstage.domain.cron_preview import PreviewedTick, preview
from backstage.domain.firing import next_tick
from backstage.domain.pause_words import who_and_why
from backstage.domain.schedule import Schedule
from backstage.domain.stored_schedule import UnreadableSchedule
from backstage.domain.time_texts import moment

_COLUMNS = ("name", "schedule", "zone", "task", "queue", "catch up", "overlap", "next tick")
_SHOWN = 5


def run_list(arguments: Sequence[str]) -> int:
    known = CommandParser("schedules list", "List every schedule with its next tick.")
    known.add_json()
    options = known.parse_args(arguments)
    schedules, unreadable, now = asyncio.run(_all(options.url))
    if options.json:
        problems = [{"name": each.name, "problem": each.problem} for each in unreadable]
        print_json([*(schedule_document(each, now) for each in schedules), *problems])
    else:
        print_table(_COLUMNS, [_row(each, now) for each in schedules], empty="no schedules")
        for each in unreadable:
            print_text(f"{each.name} cannot be read here ({each.problem}): delete it, or add it again")
    return DONE


def run_show(arguments: Sequence[str]) -> int:
    known = CommandParser("schedules show", "Show a schedule with its next ticks.")
    known.add_argument("name", metavar="NAME")
    known.add_json()
    options = known.parse_args(arguments)
    schedule, now = asyncio.run(_one(options.url, options.name))
    ticks = [] if schedule.is_paused else preview(schedule.cron.cron, max(now, schedule.last_tick), _SHOWN)
    if options.json:
        print_json({**schedule_document(schedule, now), "ticks": [preview_document(tick) for tick in ticks]})
    else:
        _print_facts(schedule, now, ticks)
    return DONE


async def _all(url: str | None) -> tuple[list[Schedule], list[UnreadableSchedule], datetime]:
    async with existing_store(url) as store:
        stored = await store.backend.schedules.all()
        readable = [each for each in stored if isinstance(each, Schedule)]
        return readable, [each for each in stored if isinstance(each, UnreadableSchedule)], store.clock.now()


async def _one(url: str | None, name: str) -> tuple[Schedule, datetime]:
    async with existing_store(url) as store:
        return await store.get_schedule(name), store.clock.now()


def _row(schedule: Schedule, now: datetime) -> tuple[str, ...]:
    cron = schedule.cron
    coming = _paused(schedule) if schedule.is_paused else moment(next_tick(schedule, now))
    return (
        *(cron.name, cron.schedule, cron.time_zone, cron.task_name, cron.queue),
        *(str(cron.catch_up), str(cron.overlap), coming),
    )


def _paused(schedule: Schedule) -> str:
    pause = schedule.pause
    return "paused" if pause is None else f"paused since {moment(pause.since)}{who_and_why(pause)}"


def _print_facts(schedule: Schedule, now: datetime, ticks: Sequence[PreviewedTick]) -> None:
    facts = schedule_document(schedule, now)
    facts["args"] = schedule.cron.payload_json
    facts["jitter"] = f"{schedule.cron.jitter:g} s"
    facts["decided_up_to"] = moment(schedule.last_tick)
    state = _paused(schedule) if facts.pop("is_paused") else "on"
    for known in ("next_tick", "last_tick", "paused_since", "paused_by", "pause_reason"):
        del facts[known]
    width = max(map(len, facts))
    lines = [f"{name.replace('_', ' '):{width}}  {value}" for name, value in {**facts, "state": state}.items()]
    print_text("\n".join(lines))
    if ticks:
        print_text("")
        print_preview(ticks)
