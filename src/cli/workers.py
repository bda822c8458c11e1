from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from backstage.cli.answer import iso, print_json
from backstage.cli.command_parser import DONE, CommandParser, seconds
from backstage.cli.store import existing_store
from backstage.cli.table import print_table
from backstage.cli.workers_steering import order, print_stacks
from backstage.domain.limits import check_seconds
from backstage.domain.size_texts import size
from backstage.domain.time_texts import duration
from backstage.domain.worker_info import WorkerInfo

_COLUMNS = (
    *("worker", "host", "pid", "state", "running", "slots", "memory", "lag", "up", "seen", "release", "queues"),
    "types",
)
_NUMBERS = ("pid", "running", "slots", "memory", "lag", "up", "seen")
_UNKNOWN = "-"


def parser() -> CommandParser:
    options = CommandParser(
        "workers",
        "List the workers that were alive lately, or tell one: to be quiet (finish what runs, claim nothing new), to "
        "resume, to stop as SIGTERM does, or to say where its threads and tasks stand.",
    )
    options.add_argument("action", nargs="?", choices=("list", "quiet", "resume", "stop", "stacks"), default="list")
    options.add_argument("worker", nargs="?", metavar="ID", help="of the worker, or either end of it")
    options.add_argument(
        "--seen-within", type=seconds, default=60.0, metavar="SECONDS", help="default: 60; or 90s, 5m, 2h, 7d"
    )
    options.add_json()
    options.add_yes()
    return options


def run(arguments: Sequence[str]) -> int:
    known = parser()
    options = known.parse_args(arguments)
    if (options.worker is None) != (options.action == "list"):
        example = f"name the worker, as in: backstage workers {options.action} 3f9c2e"
        known.error("list takes no ID" if options.action == "list" else example)
    if options.action == "stacks":
        return print_stacks(options.url, options.worker, as_json=options.json)
    if options.action != "list":
        return order(options.url, options.action, options.worker, is_confirmed=options.yes)
    with known.naming_options():
        check_seconds("seen_within", options.seen_within)
    workers, now = asyncio.run(_workers(options.url, options.seen_within))
    if options.json:
        print_json([_document(worker) for worker in workers])
    else:
        _print_rows(workers, now)
    return DONE


async def _workers(url: str | None, seen_within: float) -> tuple[list[WorkerInfo], datetime]:
    async with existing_store(url) as store:
        return await store.list_workers(seen_within), store.clock.now()


def _document(worker: WorkerInfo) -> dict[str, Any]:
    fields = {name: iso(value) if isinstance(value, datetime) else value for name, value in asdict(worker).items()}
    return fields | {"state": worker.state}


def _print_rows(workers: list[WorkerInfo], now: datetime) -> None:
    print_table(_COLUMNS, [_row(worker, now) for worker in workers], numbers=_NUMBERS, empty="no live workers")


def _row(worker: WorkerInfo, now: datetime) -> tuple[str, ...]:
    return (
        worker.id,
        worker.host,
        str(worker.pid),
        worker.state,
        str(len(worker.running)),
        str(worker.concurrency),
        _UNKNOWN if worker.memory is None else size(worker.memory),
        _UNKNOWN if worker.loop_lag is None else f"{worker.loop_lag * 1000:.0f}ms",
        duration((now - worker.started_at).total_seconds()),
        f"{duration(worker.silent_for)} ago",
        worker.release or "older",
        ",".join(worker.queues) or "all",
        ",".join(worker.types) or "all",
    )
