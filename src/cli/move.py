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
from backstage.domain.limits import check_name
from backstage.domain.task import Task


def parser() -> CommandParser:
    options = CommandParser("move", "Move pending tasks that have never run to another queue.")
    options.add_argument("queue", metavar="QUEUE")
    add_ids_or_query(options)
    return options


def run(arguments: Sequence[str]) -> int:
    known = parser()
    options = known.parse_args(arguments)
    check_ids_or_query(known, options)
    with known.naming_options():
        check_name("queue", options.queue)
    return asyncio.run(_move(options))


async def _move(options: argparse.Namespace) -> int:
    async with existing_store(options.url) as store:
        if options.query is not None:
            return await act_on_query(store, BulkAction(BulkKind.MOVE, queue=options.queue), options)
        return await step_each(store, options.ids, partial(store.move_to_queue, queue=options.queue), _told)


def _told(task: Task) -> str:
    return f"on queue {task.queue}"
