from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from backstage.app.get_task_stats import GetTaskStats
from backstage.cli.answer import print_json
from backstage.cli.command_parser import DONE, CommandParser
from backstage.cli.store import existing_store
from backstage.domain.stats import StateCounts, TaskStats

COUNTED = ("pending", "running", "completed", "failed", "cancelled", "total", "pruned")


def parser() -> CommandParser:
    options = CommandParser(
        "stats",
        "Count tasks by state. The counts are exact and outlive the tasks: pruned ones are counted, and in `pruned`.",
    )
    options.add_argument("--by", choices=("queue", "type"), help="one row for each")
    options.add_json()
    return options


def run(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    stats = asyncio.run(_stats(options.url))
    if options.json:
        print_json(
            {**counts_document(stats), "by_queue": _documents(stats.by_queue), "by_type": _documents(stats.by_type)}
        )
    elif options.by:
        _print_rows(options.by, stats.by_queue if options.by == "queue" else stats.by_type)
    else:
        for name, number in counts_document(stats).items():
            print(f"{name:10}{number:>12,}")
    return DONE


def counts_document(counts: StateCounts) -> dict[str, int]:
    return {name: getattr(counts, name) for name in COUNTED}


async def _stats(url: str | None) -> TaskStats:
    async with existing_store(url) as store:
        return await GetTaskStats(store.tasks)()


def _documents(groups: Mapping[str, StateCounts]) -> dict[str, Any]:
    return {name: counts_document(counts) for name, counts in groups.items()}


def _print_rows(kind: str, groups: Mapping[str, StateCounts]) -> None:
    from backstage.cli.table import print_table  # noqa: PLC0415 - loads rich, which the plain answers do without

    rows = [(name, *map(str, counts_document(counts).values())) for name, counts in groups.items()]
    print_table((kind, *COUNTED), rows, numbers=COUNTED)
