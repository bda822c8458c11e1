from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence

from backstage.app.find_unserved import Unserved
from backstage.cli.answer import iso, print_json
from backstage.cli.command_parser import DONE, CommandParser
from backstage.cli.explain import reason_document
from backstage.cli.stats import COUNTED, counts_document
from backstage.cli.store import existing_store
from backstage.cli.table import print_table
from backstage.cli.unserved import warn_of
from backstage.domain.explanation import QueueExplanation
from backstage.domain.pause_words import who_and_why
from backstage.domain.ports.queue_control import QUEUE, TYPE, Pause
from backstage.domain.rate import Rate
from backstage.domain.stats import OldestDue, StateCounts, TaskStats
from backstage.domain.time_texts import moment


def parser() -> CommandParser:
    options = CommandParser(
        "queues",
        "Count the tasks of each queue, with the waiting time of the oldest due task, what was "
        "completed a minute and how many attempts failed over the last five minutes, and the pauses.",
    )
    options.add_argument("--types", action="store_true", help="by task type instead of queue")
    options.add_json()
    return options


def run(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    stats, oldest_due, unserved, explained, every_rate = asyncio.run(_queues(options.url))
    kind = TYPE if options.types else QUEUE
    groups = stats.by_type if options.types else stats.by_queue
    paused = {pause.name: pause for pause in stats.pauses if pause.kind == kind}
    waits = _longest(oldest_due, kind)
    rates = _rates(every_rate, kind)
    standing = {} if options.types else {each.queue: each for each in explained if not each.is_moving}
    if options.json:
        _print_documents(kind, groups, waits, rates, paused, standing)
    else:
        _print_rows(kind, groups, waits, rates, paused, standing)
    sys.stdout.flush()
    warn_of(unserved)
    return DONE


async def _queues(
    url: str | None,
) -> tuple[TaskStats, list[OldestDue], list[Unserved], list[QueueExplanation], tuple[Rate, ...]]:
    async with existing_store(url) as store:
        stats = await store.get_task_stats()
        unserved = await store.find_unserved()
        explained, rates = await store.explain_queues(), await store.get_rates()
        return stats, await store.get_oldest_due(), unserved, explained, rates


def _longest(oldest_due: Sequence[OldestDue], kind: str) -> dict[str, float]:
    """The longest wait of each queue, or of each type, in seconds."""
    waits: dict[str, float] = {}
    for each in oldest_due:
        name = each.type if kind == TYPE else each.queue
        waits[name] = max(waits.get(name, 0.0), each.waited)
    return waits


def _rates(rates: Sequence[Rate], kind: str) -> dict[str, Rate]:
    """How fast each queue goes, or each type."""
    by_name: dict[str, list[Rate]] = {}
    for rate in rates:
        by_name.setdefault(rate.type if kind == TYPE else rate.queue, []).append(rate)
    return {name: Rate.together("", "", each) for name, each in by_name.items()}


def _print_documents(
    kind: str,
    groups: Mapping[str, StateCounts],
    waits: Mapping[str, float],
    rates: Mapping[str, Rate],
    paused: Mapping[str, Pause],
    standing: Mapping[str, QueueExplanation],
) -> None:
    print_json(
        [
            {
                kind: name,
                **counts_document(groups.get(name, StateCounts())),
                "oldest_due_seconds": waits.get(name),
                "completed_per_minute": rates[name].completed_per_minute if name in rates else 0.0,
                "failure_rate": rates[name].failure_rate if name in rates else None,
                "paused_since": iso(paused[name].since) if name in paused else None,
                "paused_by": paused[name].by if name in paused else None,
                "pause_reason": paused[name].reason if name in paused else None,
                "stands_still": reason_document(standing[name].reasons[0]) if name in standing else None,
            }
            for name in sorted({*groups, *paused})
        ]
    )


def _print_rows(
    kind: str,
    groups: Mapping[str, StateCounts],
    waits: Mapping[str, float],
    rates: Mapping[str, Rate],
    paused: Mapping[str, Pause],
    standing: Mapping[str, QueueExplanation],
) -> None:
    rows = [
        (
            name,
            *map(str, counts_document(groups.get(name, StateCounts())).values()),
            f"{waits[name]:.0f} s" if name in waits else "",
            f"{rates[name].completed_per_minute:.1f}" if name in rates else "",
            _percent(rates[name].failure_rate) if name in rates else "",
            f"{moment(paused[name].since)}{who_and_why(paused[name])}" if name in paused else "",
            standing[name].sentence if name in standing else "",
        )
        for name in sorted({*groups, *paused})
    ]
    columns = (kind, *COUNTED, "oldest due", "done/min", "failing", "paused since", "why it stands still")
    print_table(columns, rows, numbers=(*COUNTED, "done/min", "failing"))


def _percent(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.0%}"
