from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from backstage.app.use_cases import UseCases
from backstage.cli.command_parser import DONE, CommandParser, seconds
from backstage.cli.store import opened_store
from backstage.domain.cron_task import CronTask
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.firing import next_tick
from backstage.domain.missed_ticks import MissedTicks
from backstage.domain.overlap import Overlap
from backstage.domain.schedule import Schedule
from backstage.domain.time_texts import moment
from backstage.infra.printable import printable

_FIELDS = (
    *("schedule", "task_name", "payload_version", "queue", "args", "time_zone", "catch_up", "overlap"),
    *("jitter", "tags", "key"),
)


def run_add(arguments: Sequence[str]) -> int:
    known = CommandParser("schedules add", "Store a schedule. Its first tick is the next one from now.")
    known.add_argument("schedule", metavar="EXPR", help="such as '30 2 * * *', @daily or 'every 30s'")
    known.add_argument("task_name", metavar="TYPE", help="type of the task, such as report:build")
    known.add_argument("args", metavar="JSON", nargs="?", type=_json, help="the payload for the handler; default: null")
    known.add_argument("--name", default="", help="default: the type and the expression; also the zone, if not UTC")
    _add_choices(known)
    options = known.parse_args(arguments)
    with known.naming_options():
        cron = CronTask(**_given(options), name=options.name)
    return _answer(*asyncio.run(_add(options.url, cron)))


def run_edit(arguments: Sequence[str]) -> int:
    known = CommandParser(
        "schedules edit",
        "Change what is given and nothing else. A new expression or time zone applies from now. "
        "A paused schedule stays paused.",
    )
    known.add_argument("name", metavar="NAME")
    known.add_argument("--schedule", metavar="EXPR")
    known.add_argument("--task", dest="task_name", metavar="TYPE")
    known.add_argument("--args", metavar="JSON", type=_json, default=argparse.SUPPRESS)
    _add_choices(known)
    options = known.parse_args(arguments)
    if not _given(options):
        known.error("give an option that says what to change")
    with known.naming_options():
        return _answer(*asyncio.run(_edit(options)))


def _add_choices(known: CommandParser) -> None:
    known.add_argument("--payload-version", type=int, metavar="N", help="of what the handler gets; default: 1")
    known.add_argument("--queue", help="queue of the task; default: default")
    known.add_argument("--tz", dest="time_zone", metavar="ZONE", help="such as Europe/Berlin; default: UTC")
    known.add_argument("--catch-up", choices=tuple(map(str, MissedTicks)), help="which missed ticks fire; default: one")
    known.add_argument(
        "--overlap",
        choices=tuple(map(str, Overlap)),
        help="what a tick does while an earlier task lives; default: allow",
    )
    known.add_argument(
        "--jitter", type=seconds, metavar="SECONDS", help="delay each task by up to this time; default: 0"
    )
    known.add_argument(
        "--tag", dest="tags", action="append", metavar="TEXT", help="of each task; up to 8, may be repeated"
    )
    known.add_argument("--key", metavar="TEXT", help="whose the tasks are")


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """The fields to set; null is a value of `args` alone."""
    return {
        name: value
        for name, value in vars(options).items()
        if name in _FIELDS and (value is not None or name == "args")
    }


async def _add(url: str | None, cron: CronTask) -> tuple[Schedule, str]:
    async with opened_store(url) as store:
        if isinstance(await store.backend.schedules.find(cron.name), Schedule):
            raise InvalidTaskDataError.of(
                "name", f"schedule {cron.name!r} exists already: edit it, or choose another --name"
            )
        return await _put(store, cron)


async def _edit(options: argparse.Namespace) -> tuple[Schedule, str]:
    async with opened_store(options.url) as store:
        schedule = await store.get_schedule(options.name)
        return await _put(store, replace(schedule.cron, **_given(options)))


async def _put(store: UseCases, cron: CronTask) -> tuple[Schedule, str]:
    schedule = await store.put_schedule(cron)
    return schedule, moment(next_tick(schedule, store.clock.now()))


def _answer(schedule: Schedule, coming: str) -> int:
    what = "is paused" if schedule.is_paused else f"ticks next at {coming}"
    print(f"{printable(schedule.name)} {what}")
    return DONE


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise argparse.ArgumentTypeError(f"is not JSON ({error}); a string needs quotes: '\"hello\"'") from None
