from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

from backstage.cli.by_query import act_on_query, add_ids_or_query, check_ids_or_query
from backstage.cli.command_parser import CommandParser
from backstage.cli.each_task import step_each
from backstage.cli.store import existing_store
from backstage.domain.bulk_action import BulkAction, BulkKind


def parser() -> CommandParser:
    options = CommandParser("cancel", "Cancel pending tasks, and ask the workers of running tasks to stop them.")
    add_ids_or_query(options)
    return options


def run(arguments: Sequence[str]) -> int:
    known = parser()
    options = known.parse_args(arguments)
    check_ids_or_query(known, options)
    return asyncio.run(_cancel(options))


async def _cancel(options: argparse.Namespace) -> int:
    async with existing_store(options.url) as store:
        if options.query is not None:
            return await act_on_query(store, BulkAction(BulkKind.CANCEL), options)
        return await step_each(store, options.ids, store.cancel_task)
