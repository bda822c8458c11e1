from __future__ import annotations

import asyncio
from collections.abc import Sequence

from backstage.app.pause_queue import PauseQueue
from backstage.app.pause_type import PauseType
from backstage.cli.command_parser import DONE, CommandParser
from backstage.cli.queue_or_type import parse_queue_or_type, queue_or_type_parser
from backstage.cli.store import opened_store
from backstage.domain.ports.queue_control import QUEUE


def parser() -> CommandParser:
    return queue_or_type_parser("pause", "Let nobody claim tasks of a queue or a type; what runs already runs on.")


def run(arguments: Sequence[str]) -> int:
    url, kind, name = parse_queue_or_type(parser(), arguments)
    is_new = asyncio.run(_pause(url, kind, name))
    print(f"{kind} {name} {'is paused' if is_new else 'was paused already'}")
    return DONE


async def _pause(url: str | None, kind: str, name: str) -> bool:
    async with opened_store(url) as store:
        pause = PauseQueue(store.control) if kind == QUEUE else PauseType(store.control)
        return await pause(name)
