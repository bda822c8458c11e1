from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from backstage.cli.command_parser import DONE, CommandParser
from backstage.cli.queue_or_type import parse_queue_or_type, queue_or_type_parser
from backstage.cli.store import opened_store
from backstage.domain.nearest import nearest
from backstage.domain.ports.queue_control import QUEUE, TYPE


def parser() -> CommandParser:
    options = queue_or_type_parser("pause", "Stop workers from claiming tasks of a queue or type. Running tasks go on.")
    options.add_argument("--reason", metavar="TEXT", help="why, for others to see")
    return options


def run(arguments: Sequence[str]) -> int:
    known = parser()
    options, kind, name = parse_queue_or_type(known, arguments)
    with known.naming_options({QUEUE: "queue", TYPE: "type"}):
        is_new, names = asyncio.run(_pause(options.url, kind, name, options.reason))
    print(f"{kind} {name} {'is paused' if is_new else 'was paused already'}")
    if name not in names:
        print(f"backstage: no task, schedule or worker knows {kind} {name}{nearest(name, names)}", file=sys.stderr)
    return DONE


async def _pause(url: str | None, kind: str, name: str, reason: str | None) -> tuple[bool, frozenset[str]]:
    """Whether it is paused only now, and the names that are known."""
    async with opened_store(url) as store:
        pause = store.pause_queue if kind == QUEUE else store.pause_type
        is_new = await pause(name, reason=reason)
        names = await store.get_known_names()
        return is_new, names.queues if kind == QUEUE else names.types
