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


def parser() -> CommandParser:
    options = CommandParser("retry", "Run failed or cancelled tasks once more, now.")
    add_ids_or_query(options)
    options.add_argument(
        "--reset-attempts", action="store_true", help="with as many attempts as a new task, instead of one"
    )
    return options


def run(arguments: Sequence[str]) -> int:
    known = parser()
    options = known.parse_args(arguments)
    check_ids_or_query(known, options)
    if options.query is not None and options.reset_attempts:
        known.error("--reset-attempts belongs to tasks that are named by their ids")
    return asyncio.run(_retry(options))


async def _retry(options: argparse.Namespace) -> int:
    async with existing_store(options.url) as store:
        if options.query is not None:
            return await act_on_query(store, BulkAction(BulkKind.RETRY), options)
        return await step_each(store, options.ids, partial(store.retry_task, reset_attempts=options.reset_attempts))
