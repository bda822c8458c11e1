from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

from backstage.cli.command_parser import DONE, CommandParser
from backstage.cli.store import existing_store
from backstage.domain.limits import check_name


def parser() -> CommandParser:
    options = CommandParser("replay", "Run the dead letters (failed tasks) again, with as many attempts as new tasks.")
    options.add_argument("--queue", metavar="NAME", help="only dead letters of this queue")
    options.add_argument("--type", metavar="TYPE", help="only dead letters of this type")
    return options


def run(arguments: Sequence[str]) -> int:
    known = parser()
    options = known.parse_args(arguments)
    with known.naming_options():
        for field, name in (("queue", options.queue), ("type", options.type)):
            if name is not None:
                check_name(field, name)
    print(f"replayed {asyncio.run(_replay(options))}")
    return DONE


async def _replay(options: argparse.Namespace) -> int:
    async with existing_store(options.url) as store:
        return await store.replay_dead_letters(queue=options.queue, type=options.type)
