from __future__ import annotations

import asyncio
from collections.abc import Sequence

from backstage.cli.command_parser import DONE, CommandParser
from backstage.cli.queue_or_type import parse_queue_or_type, queue_or_type_parser
from backstage.cli.store import existing_store
from backstage.domain.ports.queue_control import QUEUE


def parser() -> CommandParser:
    return queue_or_type_parser("resume", "Let workers claim tasks of a paused queue or type again.")


def run(arguments: Sequence[str]) -> int:
    options, kind, name = parse_queue_or_type(parser(), arguments)
    was_paused = asyncio.run(_resume(options.url, kind, name))
    print(f"{kind} {name} {'is resumed' if was_paused else 'was not paused'}")
    return DONE


async def _resume(url: str | None, kind: str, name: str) -> bool:
    async with existing_store(url) as store:
        resume = store.resume_queue if kind == QUEUE else store.resume_type
        return await resume(name)
