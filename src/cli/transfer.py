from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from backstage.app.plan_transfer import TransferPlan
from backstage.app.transfer_tasks import Missing, Transferred
from backstage.cli.answer import print_json
from backstage.cli.command_parser import DONE, REFUSED, CommandParser
from backstage.cli.store import existing_store, filled_store, opened_store, store
from backstage.cli.table import print_table
from backstage.domain.errors import ConfigurationError, StorageError
from backstage.domain.opening import Opening
from backstage.infra.settings.store_url import store_url

_COLUMNS = ("queue", "type", "state", "source", "of them pruned", "target", "of them pruned ")
_NUMBERS = ("source", "of them pruned", "target", "of them pruned ")


def parser() -> CommandParser:
    options = CommandParser(
        "transfer",
        "Copy all tasks with their attempts, the counts of pruned ones, schedules and pauses into another store. Stop "
        "the workers of both stores first. The source is not changed. What the target already has is skipped, so after "
        "an interruption you can run the same command again.",
    )
    options.add_argument("--from", dest="url", metavar="URL", help="the store to copy from; the same as --url")
    options.add_argument("--to", required=True, metavar="URL", help="the store to copy into; created if necessary")
    options.add_argument("--dry-run", action="store_true", help="show what would be copied, and copy nothing")
    options.add_json()
    return options


def run(arguments: Sequence[str]) -> int:
    known = parser()
    options = known.parse_args(arguments)
    source = store_url() if options.url is None else options.url
    if source == options.to:
        known.error("--from and --to are the same store")
    for typed, url in (("--from", source), ("--to", options.to)):
        try:
            store(url)
        except ConfigurationError as error:
            known.error(f"{typed}: {error.problem}")
    if options.dry_run:
        _print_plan(asyncio.run(_plan(source, options.to)), options)
        return DONE
    transferred = asyncio.run(_transfer(source, options.to))
    _print_transferred(transferred, options)
    return REFUSED if transferred.missing else DONE


async def _plan(source: str, target: str) -> TransferPlan:
    async with filled_store(source, "--from") as old, existing_store(target) as new:
        return await old.plan_transfer(new.backend)


async def _transfer(source: str, target: str) -> Transferred:
    async with filled_store(source, "--from") as old, opened_store(target, Opening.CREATE) as new:
        plan = await old.plan_transfer(new.backend)
        with _progress(plan.tasks) as advance, _saying_how_to_go_on(plan.tasks) as note:
            return await old.transfer_tasks(new.backend, lambda tasks, added: (note(tasks), advance(tasks, added)))


@contextmanager
def _saying_how_to_go_on(total: int) -> Iterator[Callable[[int], None]]:
    """Give a function that notes how many tasks are done; when the block fails, say so, and that it can go on."""
    done = 0

    def note(tasks: int) -> None:
        nonlocal done
        done = tasks

    try:
        yield note
    except (StorageError, asyncio.CancelledError):
        print(
            f"backstage: {done} of {total} tasks are copied; run the same command again to copy the rest",
            file=sys.stderr,
        )
        raise


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int, int], object]]:
    """Give a function that shows how many tasks were read, and how many were new; a bar, where a person looks."""
    if not sys.stderr.isatty():
        yield lambda tasks, new: None
        return
    from rich.console import Console  # noqa: PLC0415 - only where a bar is shown
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    text = TextColumn("{task.completed:,} of {task.total:,} tasks, {task.fields[new]:,} new")
    with Progress(BarColumn(), text, TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        shown = bar.add_task("", total=total, new=0)
        yield lambda tasks, new: bar.update(shown, completed=tasks, new=new)


def _print_plan(plan: TransferPlan, options: argparse.Namespace) -> None:
    if options.json:
        print_json({"dry_run": True, **asdict(plan)})
        return
    parts = [_number(plan.tasks, "task"), _number(plan.schedules, "schedule"), _number(plan.pauses, "pause")]
    print(f"would copy {parts[0]}, {parts[1]} and {parts[2]}{_and_pruned(plan.pruned)}")


def _print_transferred(transferred: Transferred, options: argparse.Namespace) -> None:
    if options.json:
        print_json({"dry_run": False, **asdict(transferred)})
        return
    tasks = f"{_number(transferred.tasks, 'task')} ({transferred.new} new)"
    schedules = f"{_number(transferred.schedules, 'schedule')} ({transferred.new_schedules} new)"
    pauses = f"{_number(transferred.pauses, 'pause')} ({transferred.new_pauses} new)"
    print(f"copied {tasks}, {schedules} and {pauses}{_and_pruned(transferred.pruned)}")
    if transferred.missing:
        _print_missing(transferred.missing)


def _and_pruned(number: int) -> str:
    return f"; {_number(number, 'pruned task')} {'is' if number == 1 else 'are'} counted" if number else ""


def _print_missing(missing: Sequence[Missing]) -> None:
    print_table(_COLUMNS, [_row(each) for each in missing], numbers=_NUMBERS)
    print(
        "backstage: the target has fewer tasks than the source, because one of the two stores is in use: stop its "
        "workers, and run the same command again",
        file=sys.stderr,
    )


def _row(missing: Missing) -> tuple[str, ...]:
    source, target = missing.source, missing.target
    numbers: tuple[Any, ...] = (source.tasks, source.pruned, target.tasks, target.pruned)
    return (source.queue, source.type, source.state.value, *map(str, numbers))


def _number(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
