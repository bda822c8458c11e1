from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

from backstage.cli.command_parser import CommandParser
from backstage.cli.confirming import confirm
from backstage.cli.each_task import step_each
from backstage.cli.store import existing_store


def parser() -> CommandParser:
    options = CommandParser("delete", "Delete ended tasks with their attempts. prune deletes many, by age or query.")
    options.add_argument("ids", nargs="+", metavar="ID")
    options.add_yes()
    return options


def run(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    number = len(options.ids)
    confirm(f"delete {number} task{'' if number == 1 else 's'} for good?", is_confirmed=options.yes)
    return asyncio.run(_delete(options))


async def _delete(options: argparse.Namespace) -> int:
    async with existing_store(options.url) as store:
        return await step_each(store, options.ids, store.delete_task, lambda task: "deleted")
