from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from functools import partial

from backstage.cli.command_parser import CommandParser
from backstage.cli.each_task import step_each
from backstage.cli.store import existing_store


def parser() -> CommandParser:
    options = CommandParser("retry", "Run failed or cancelled tasks once more, now.")
    options.add_argument("ids", nargs="+", metavar="ID")
    options.add_argument(
        "--reset-attempts", action="store_true", help="with as many attempts as a new task, instead of one"
    )
    return options


def run(arguments: Sequence[str]) -> int:
    return asyncio.run(_retry(parser().parse_args(arguments)))


async def _retry(options: argparse.Namespace) -> int:
    async with existing_store(options.url) as store:
        return await step_each(store, options.ids, partial(store.retry_task, reset_attempts=options.reset_attempts))
