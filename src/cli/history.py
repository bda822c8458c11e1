from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from backstage.cli.answer import iso, print_json
from backstage.cli.command_parser import DONE, CommandParser, seconds
from backstage.cli.store import existing_store
from backstage.cli.table import print_table
from backstage.domain.failure_group import FailureGroup
from backstage.domain.history import History, HistoryPoint
from backstage.domain.time_texts import duration, moment

_ROWS = 24
_STEPS = (60, 300, 900, 1800, 3600, 6 * 3600, 86_400)
_NUMBERS = ("started", "completed", "failed", "retried")
_BARS = "▁▂▃▄▅▆▇█"


def parser() -> CommandParser:
    options = CommandParser(
        "history",
        "Show what ran, also of tasks that are pruned: step by step, or with --by a row for each queue or type. "
        "Minutes are kept for a day, hours for 30 days. --failures shows failed runs, grouped by their cause. "
        "SECONDS may also be written like 90s, 5m, 2h or 7d.",
    )
    options.add_argument("--queue", metavar="NAME")
    options.add_argument("--type", metavar="NAME")
    options.add_argument(
        "--since", type=seconds, metavar="SECONDS", help="from so long ago; default: 1h, or with --failures 24h"
    )
    options.add_argument(
        "--step", type=seconds, metavar="SECONDS", help="whole minutes; default: what makes about 20 rows"
    )
    options.add_argument("--by", choices=("queue", "type"), help="a row for each of them")
    options.add_argument("--failures", action="store_true", help="failures by their cause, the latest first")
    options.add_argument("--limit", type=int, default=20, metavar="N", help="of --failures, 1 to 200; default: 20")
    options.add_json()
    return options


def run(arguments: Sequence[str]) -> int:
    known = parser()
    options = known.parse_args(arguments)
    if options.failures and (options.queue or options.step or options.by):
        known.error("--failures goes with --type, --since and --limit alone")
    with known.naming_options({"until": "since"}):
        if options.failures:
            _print_failures(asyncio.run(_failures(options)), options.json)
        else:
            _print_history(asyncio.run(_history(options)), options)
    return DONE


async def _history(options: Any) -> History:
    since = 3600.0 if options.since is None else options.since
    step = (
        next((step for step in _STEPS if since <= step * _ROWS), _STEPS[-1]) if options.step is None else options.step
    )
    if since > 86_400 and options.step is None:
        step = max(step, 3600)
    async with existing_store(options.url) as store:
        now = store.clock.now()
        return await store.get_history(
            options.queue,
            options.type,
            since=now - timedelta(seconds=since),
            until=now + timedelta(microseconds=1),
            step=int(step) if step == int(step) else step,
            by=options.by,
        )


async def _failures(options: Any) -> tuple[FailureGroup, ...]:
    since = 86_400.0 if options.since is None else options.since
    async with existing_store(options.url) as store:
        return await store.list_failure_groups(
            store.clock.now() - timedelta(seconds=since), limit=options.limit, type=options.type
        )


def _print_history(history: History, options: Any) -> None:
    if options.json:
        series = {name: [_document(point) for point in points] for name, points in history.series.items()}
        print_json({"step": history.step, "series": series})
        return
    if options.by is None:
        rows = [(moment(point.at), *_numbers(point)) for point in history.series[""]]
    else:
        rows = [(name, *_numbers(_sum(points)), _trend(points)) for name, points in history.series.items()]
    first = ("from",) if options.by is None else (options.by,)
    last = () if options.by is None else ("completed over time",)
    columns = (*first, *_NUMBERS, "failing", "run", "wait", *last)
    print_table(columns, rows, numbers=(*_NUMBERS, "failing", "run", "wait"), empty="nothing ran")


def _numbers(point: HistoryPoint) -> tuple[str, ...]:
    return (
        *(str(number) for number in (point.claimed, point.completed, point.failed, point.retried)),
        f"{(point.failed + point.retried) / point.ended:.0%}" if point.ended else "",
        _short(point.run_seconds / point.ended) if point.ended else "",
        _short(point.wait_seconds / sum(point.waits)) if any(point.waits) else "",
    )


def _short(seconds: float) -> str:
    if seconds >= 60:
        return duration(seconds)
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _sum(points: Sequence[HistoryPoint]) -> HistoryPoint:
    total = points[0]
    for point in points[1:]:
        total = total.plus(point)
    return total


def _trend(points: Sequence[HistoryPoint]) -> str:
    """A bar for each step, as far as the terminal can show them."""
    most = max(point.completed for point in points)
    bars = "".join(_BARS[(len(_BARS) - 1) * point.completed // most] for point in points) if most else ""
    try:
        bars.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return ""
    return bars


def _document(point: HistoryPoint) -> dict[str, Any]:
    return {
        "at": iso(point.at),
        "claimed": point.claimed,
        "completed": point.completed,
        "failed": point.failed,
        "retried": point.retried,
        "run_seconds": point.run_seconds,
        "wait_seconds": point.wait_seconds,
        "waits": list(point.waits),
        "runs": list(point.runs),
    }


def _print_failures(groups: Sequence[FailureGroup], is_json: bool) -> None:
    if is_json:
        print_json([_group_document(group) for group in groups])
        return
    rows = [
        (
            group.fingerprint,
            group.task_type,
            str(group.tasks),
            str(group.runs),
            moment(group.last_seen),
            group.line,
            f"{group.error}: {group.message}" + (" (muted)" if group.is_muted else ""),
        )
        for group in groups
    ]
    columns = ("fingerprint", "type", "tasks", "runs", "last", "line", "error")
    print_table(columns, rows, numbers=("tasks", "runs"), empty="no task failed")


def _group_document(group: FailureGroup) -> dict[str, Any]:
    return {
        "fingerprint": group.fingerprint,
        "type": group.task_type,
        "error": group.error,
        "line": group.line,
        "message": group.message,
        "tasks": group.tasks,
        "runs": group.runs,
        "first_seen": iso(group.first_seen),
        "last_seen": iso(group.last_seen),
        "hours": list(group.hours),
        "task_ids": list(group.sample_task_ids),
        "is_muted": group.is_muted,
        "note": group.note,
    }
