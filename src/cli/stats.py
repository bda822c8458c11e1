from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from backstage.cli.answer import iso, print_json, print_text
from backstage.cli.command_parser import DONE, CommandParser
from backstage.cli.store import existing_store
from backstage.cli.table import print_table
from backstage.domain.pause_words import who_and_why
from backstage.domain.ports.queue_control import QUEUE, TYPE, Pause
from backstage.domain.stats import StateCounts, TaskStats
from backstage.domain.time_texts import moment

COUNTED = ("pending", "running", "completed", "failed", "cancelled", "total", "pruned")


def parser() -> CommandParser:
    options = CommandParser(
        "stats",
        "Count tasks by state, and show what is paused. The counts are exact. They include pruned tasks; `pruned` "
        "says how many those are.",
    )
    options.add_argument("--by", choices=(QUEUE, TYPE), help="one row for each")
    options.add_json()
    return options


def run(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    stats = asyncio.run(task_stats(options.url))
    if options.json:
        print_json(_document(stats))
    elif options.by:
        _print_rows(options.by, stats.by_queue if options.by == QUEUE else stats.by_type)
    else:
        for name, number in counts_document(stats).items():
            print(f"{name:10}{number:>12,}")
        for pause in stats.pauses:
            print_text(f"paused    {pause.kind} {pause.name} since {moment(pause.since)}{who_and_why(pause)}")
    return DONE


def counts_document(counts: StateCounts) -> dict[str, int]:
    return {name: getattr(counts, name) for name in COUNTED}


async def task_stats(url: str | None) -> TaskStats:
    async with existing_store(url) as store:
        return await store.get_task_stats()


def _document(stats: TaskStats) -> dict[str, Any]:
    return {
        **counts_document(stats),
        "by_queue": _documents(stats.by_queue),
        "by_type": _documents(stats.by_type),
        "paused_queues": {name: iso(since) for name, since in stats.paused_queues.items()},
        "paused_types": {name: iso(since) for name, since in stats.paused_types.items()},
        "pauses": [pause_document(pause) for pause in stats.pauses],
    }


def _documents(groups: Mapping[str, StateCounts]) -> dict[str, Any]:
    return {name: counts_document(counts) for name, counts in groups.items()}


def pause_document(pause: Pause) -> dict[str, Any]:
    return {
        "kind": pause.kind,
        "name": pause.name,
        "since": iso(pause.since),
        "by": pause.by,
        "reason": pause.reason,
    }


def _print_rows(kind: str, groups: Mapping[str, StateCounts]) -> None:
    rows = [(name, *map(str, counts_document(counts).values())) for name, counts in groups.items()]
    print_table((kind, *COUNTED), rows, numbers=COUNTED)
