from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from functools import partial

from backstage.cli.by_query import act_on_query, add_ids_or_query, check_ids_or_query
from backstage.cli.command_parser import CommandParser
from backstage.cli.each_task import step_each
from backstage.cli.store import existing_store
from backstage.domain.bulk_action import BulkAction, BulkKind
from backstage.domain.limits import check_priority
from backstage.domain.task import Task


def parser() -> CommandParser:
    options = CommandParser("prioritise", "Give pending tasks another priority; a higher one is claimed first.")
    options.add_argument("priority", type=int, metavar="PRIORITY")
    add_ids_or_query(options)
    return options


def run(arguments: Sequence[str]) -> int:
    known = parser()
    options = known.parse_args(arguments)
    check_ids_or_query(known, options)
    with known.naming_options():
        check_priority(options.priority)
    return asyncio.run(_prioritise(options))


async def _prioritise(options: argparse.Namespace) -> int:
    async with existing_store(options.url) as store:
        if options.query is not None:
            return await act_on_query(store, BulkAction(BulkKind.PRIORITISE, priority=options.priority), options)
        return await step_each(store, options.ids, partial(store.change_priority, priority=options.priority), _told)


def _told(task: Task) -> str:
    return f"priority {task.priority}"
