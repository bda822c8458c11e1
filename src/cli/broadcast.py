from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from backstage.cli.command_parser import DONE, CommandParser, json_value
from backstage.cli.store import opened_store


def parser() -> CommandParser:
    options = CommandParser(
        "broadcast",
        "Send a message to every worker that is alive, and print its id. Each worker with a receiver of that name "
        "calls it once. The command cannot tell whether there is one.",
    )
    options.add_argument("name", metavar="NAME", help="such as cache.clear")
    options.add_argument("payload", metavar="JSON", nargs="?", type=json_value, help="the payload; default: null")
    return options


def run(arguments: Sequence[str]) -> int:
    known = parser()
    options = known.parse_args(arguments)
    with known.naming_options():
        print(asyncio.run(_send(options.url, options.name, options.payload)))
    return DONE


async def _send(url: str | None, name: str, payload: Any) -> str:
    async with opened_store(url) as store:
        message = await store.send_broadcast(name, payload)
    return message.id
