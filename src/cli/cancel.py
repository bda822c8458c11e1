from __future__ import annotations

import asyncio
from collections.abc import Sequence

from backstage.cli.command_parser import CommandParser
from backstage.cli.each_task import step_each
from backstage.cli.store import existing_store


def parser() -> CommandParser:
    options = CommandParser("cancel", "Cancel pending tasks, and ask the workers of running tasks to stop them.")
    options.add_argument("ids", nargs="+", metavar="ID")
    return options


def run(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    return asyncio.run(_cancel(options.url, options.ids))


async def _cancel(url: str | None, task_ids: Sequence[str]) -> int:
    async with existing_store(url) as store:
        return await step_each(store, task_ids, store.cancel_task)
