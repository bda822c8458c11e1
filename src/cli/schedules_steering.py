from __future__ import annotations

import asyncio
from collections.abc import Sequence

from backstage.cli.command_parser import DONE, CommandParser
from backstage.cli.confirming import confirm
from backstage.cli.store import opened_store
from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import DuplicateTaskError
from backstage.infra.printable import printable


def run_pause(arguments: Sequence[str]) -> int:
    known = CommandParser("schedules pause", "Stop a schedule from firing until it is resumed. Its stored tasks go on.")
    known.add_argument("name", metavar="NAME")
    known.add_argument("--reason", metavar="TEXT", help="why, for others to see")
    options = known.parse_args(arguments)
    with known.naming_options():
        is_new = asyncio.run(_pause(options.url, options.name, options.reason))
    print(f"{printable(options.name)} {'is paused' if is_new else 'was paused already'}")
    return DONE


def run_resume(arguments: Sequence[str]) -> int:
    url, name = _named(
        "resume", "Let a schedule fire again from now on. Ticks during the pause are not caught up.", arguments
    )
    is_new = asyncio.run(_resume(url, name))
    print(f"{printable(name)} {'is resumed' if is_new else 'was not paused'}")
    return DONE


def run_run(arguments: Sequence[str]) -> int:
    url, name = _named("run", "Enqueue the task of a schedule once more, due now, and print its id.", arguments)
    print(asyncio.run(_run_now(url, name)))
    return DONE


def run_delete(arguments: Sequence[str]) -> int:
    known = CommandParser("schedules delete", "Delete a schedule. Its stored tasks stay.")
    known.add_argument("name", metavar="NAME")
    known.add_yes()
    options = known.parse_args(arguments)
    confirm(f"Delete the schedule {printable(options.name)}?", is_confirmed=options.yes)
    asyncio.run(_delete(options.url, options.name))
    print(f"{printable(options.name)} is deleted")
    return DONE


def _named(action: str, description: str, arguments: Sequence[str]) -> tuple[str | None, str]:
    known = CommandParser(f"schedules {action}", description)
    known.add_argument("name", metavar="NAME")
    options = known.parse_args(arguments)
    return options.url, options.name


async def _pause(url: str | None, name: str, reason: str | None) -> bool:
    async with opened_store(url) as store:
        return await store.pause_schedule(name, reason=reason)


async def _resume(url: str | None, name: str) -> bool:
    async with opened_store(url) as store:
        return await store.resume_schedule(name)


async def _delete(url: str | None, name: str) -> None:
    async with opened_store(url) as store:
        await store.delete_schedule(name)


async def _run_now(url: str | None, name: str) -> str:
    async with opened_store(url) as store:
        answer = await store.run_schedule_now(name)
    if isinstance(answer, Duplicate):
        raise DuplicateTaskError(answer.key, answer.holder_id)
    return answer.id
