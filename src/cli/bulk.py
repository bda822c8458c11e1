from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

from backstage.cli.command_parser import DONE, CommandParser
from backstage.cli.store import existing_store
from backstage.cli.table import print_table
from backstage.domain.bulk_operation import BulkOperation

_COLUMNS = ("id", "action", "query", "state", "done", "failed", "about", "by")


def parser() -> CommandParser:
    options = CommandParser(
        "bulk", "List what was done to many tasks at once in the last thirty days, or stop what is being done."
    )
    options.add_argument("--stop", metavar="ID", help="stop this one after its current step")
    return options


def run(arguments: Sequence[str]) -> int:
    return asyncio.run(_bulk(parser().parse_args(arguments)))


async def _bulk(options: argparse.Namespace) -> int:
    async with existing_store(options.url) as store:
        operations = await store.list_bulk() if options.stop is None else (await store.stop_bulk(options.stop),)
    numbers = ("done", "failed", "about")
    print_table(_COLUMNS, [_row(each) for each in operations], numbers=numbers, empty="nothing was done by a query")
    return DONE


def _row(operation: BulkOperation) -> tuple[str, ...]:
    return (
        operation.id,
        str(operation.action),
        operation.query,
        operation.state.value,
        f"{operation.done:,}",
        f"{operation.failed:,}",
        f"{operation.total:,}",
        operation.started_by,
    )
