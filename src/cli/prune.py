from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from backstage.cli.by_query import act_on_query, add_query, check_query
from backstage.cli.command_parser import DONE, CommandParser, seconds
from backstage.cli.confirming import confirm
from backstage.cli.store import existing_store
from backstage.domain.bulk_action import BulkAction, BulkKind
from backstage.domain.limits import check_name
from backstage.domain.retention import Retention
from backstage.domain.task_state import TaskState

_ENDED = (TaskState.COMPLETED, TaskState.FAILED, TaskState.CANCELLED)


def parser() -> CommandParser:
    options = CommandParser(
        "prune",
        "Delete finished tasks with their attempts. Without options, delete those that the keep_… settings do not "
        "keep, as workers do. SECONDS may also be written like 90s, 5m, 2h or 7d.",
    )
    for state in _ENDED:
        options.add_argument(
            f"--{state}-older-than",
            type=seconds,
            metavar="SECONDS",
            help=f"{state} tasks that ended longer ago than this",
        )
        options.add_argument(
            f"--keep-{state}", type=int, metavar="N", help=f"all but the last N {state} tasks of each queue"
        )
    options.add_argument("--queue", metavar="NAME", help="only tasks of this queue")
    options.add_argument("--dead-letters", action="store_true", help="all failed tasks; needs --yes")
    options.add_yes()
    add_query(options)
    return options


def run(arguments: Sequence[str]) -> int:
    known = parser()
    options = known.parse_args(arguments)
    retentions = _retentions(known, options)
    check_query(known, options)
    if options.query is not None:
        if options.dead_letters or options.queue is not None or retentions:
            known.error("--query says which tasks are meant: leave out the other options")
        return asyncio.run(_prune_found(options))
    if options.dead_letters and retentions:
        known.error("--dead-letters deletes all failed tasks: leave out ages and numbers")
    if options.dead_letters and not (options.yes or sys.stdin.isatty()):
        known.error("--dead-letters deletes all failed tasks for good: add --yes to confirm")
    if options.queue is not None:
        with known.naming_options():
            check_name("queue", options.queue)
    if options.queue and not (options.dead_letters or retentions):
        known.error("--queue needs an age, a number or --dead-letters")
    if options.dead_letters or retentions:
        what = "all failed tasks" if options.dead_letters else "these finished tasks"
        confirm(f"Delete {what} for good{_of(options.queue)}?", is_confirmed=options.yes)
    print(f"pruned {asyncio.run(_prune(options, retentions))}")
    return DONE


def _of(queue: str | None) -> str:
    return "" if queue is None else f" of queue {queue}"


def _retentions(known: CommandParser, options: argparse.Namespace) -> list[Retention]:
    retentions = []
    for state in _ENDED:
        older_than, keep = f"{state}_older_than", f"keep_{state}"
        age, number = getattr(options, older_than), getattr(options, keep)
        if age is not None or number is not None:
            with known.naming_options({"retention.max_age": older_than, "retention.keep_last": keep}):
                retentions.append(Retention(state=state, max_age=age, keep_last=number, queue=options.queue))
    return retentions


async def _prune(options: argparse.Namespace, retentions: Sequence[Retention]) -> int:
    async with existing_store(options.url) as store:
        if options.dead_letters:
            return await store.purge_dead_letters(options.queue)
        return await store.prune_tasks(retentions or _as_set())


async def _prune_found(options: argparse.Namespace) -> int:
    async with existing_store(options.url) as store:
        return await act_on_query(store, BulkAction(BulkKind.PRUNE), options)


def _as_set() -> Sequence[Retention]:
    from backstage.infra.settings.settings import Settings  # noqa: PLC0415 - slow to load, and seldom needed

    return Settings.load().retentions()
