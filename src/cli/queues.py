from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from backstage.cli.answer import iso, moment, print_json
from backstage.cli.command_parser import DONE, CommandParser
from backstage.cli.stats import COUNTED, counts_document, task_stats
from backstage.domain.ports.queue_control import QUEUE, TYPE
from backstage.domain.stats import StateCounts


def parser() -> CommandParser:
    options = CommandParser("queues", "Count the tasks of each queue, and say since when it is paused.")
    options.add_argument("--types", action="store_true", help="the same for each task type")
    options.add_json()
    return options


def run(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    stats = asyncio.run(task_stats(options.url))
    kind = TYPE if options.types else QUEUE
    groups, paused = (stats.by_type, stats.paused_types) if options.types else (stats.by_queue, stats.paused_queues)
    if options.json:
        _print_documents(kind, groups, paused)
    else:
        _print_rows(kind, groups, paused)
    return DONE


def _print_documents(kind: str, groups: Mapping[str, StateCounts], paused: Mapping[str, datetime]) -> None:
    print_json(
        [
            {
                kind: name,
                **counts_document(groups.get(name, StateCounts())),
                "paused_since": iso(paused[name]) if name in paused else None,
            }
            for name in sorted({*groups, *paused})
        ]
    )


def _print_rows(kind: str, groups: Mapping[str, StateCounts], paused: Mapping[str, datetime]) -> None:
    from backstage.cli.table import print_table  # noqa: PLC0415 - loads rich

    rows = [
        (
            name,
            *map(str, counts_document(groups.get(name, StateCounts())).values()),
            moment(paused[name]) if name in paused else "",
        )
        for name in sorted({*groups, *paused})
    ]
    print_table((kind, *COUNTED, "paused since"), rows, numbers=COUNTED)
