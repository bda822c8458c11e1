"""The numbers as JSON, and as tables for people."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.machine import machine
from benchmarks.plan import Plan
from benchmarks.rounds import Numbers, ratios, spread

_SHOWN = {
    "tasks_per_s": ("tasks/s", ",.0f"),
    "cpu_us": ("CPU µs/task", ",.0f"),
    "p50_ms": ("p50 ms", ".2f"),
    "p99_ms": ("p99 ms", ".2f"),
    "over_ms": ("ms over the round trips", ".2f"),
    "queued_bytes": ("bytes queued", ",.0f"),
    "finished_bytes": ("bytes finished", ",.0f"),
    "statements_per_task": ("statements/task", ".3f"),
    "tasks_per_transaction": ("tasks/transaction", ".0f"),
    "wal_bytes_per_task": ("bytes of WAL/task", ",.0f"),
    "reads_per_task": ("reads of the server/task", ".3f"),
    "commands_per_task": ("commands/task, those in scripts too", ".1f"),
    "server_us_per_task": ("server CPU µs/task", ",.0f"),
    "idle_cpu_s_a_minute": ("CPU s/minute", ".2f"),
    "idle_calls_a_second": ("calls/s", ".2f"),
    "history_write_ms": ("ms for the history of a beat", ".2f"),
    "history_share": ("of a worker's time", ".3%"),
    "failure_us": ("µs for a failed run", ".0f"),
    "history_read_ms": ("ms to read a day", ".1f"),
    "alone_per_s": ("tasks/s in a store of its own", ",.0f"),
    "crowded_per_s": ("tasks/s beside the others", ",.0f"),
    "times_as_long": ("times as long beside the others", ".2f"),
}
_RESULTS = Path(__file__).parent / "results"


def report_of(numbers: Numbers, load: list[float], plan: Plan, servers: dict[str, str]) -> dict[str, Any]:
    """`results` has, for each case and system, the median, the extremes and every round of each metric."""
    return {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "servers": servers,
        "load_before_each_round": load,
        "tasks": plan.tasks,
        "others": plan.others,
        "results": [
            {
                "case": case,
                "system": system,
                "metrics": {name: {**spread(values), "rounds": values} for name, values in metrics.items()},
            }
            for (case, system), metrics in numbers.items()
        ],
        "ratios": ratios(numbers),
    }


def default_path() -> Path:
    return _RESULTS / f"{datetime.now(UTC):%Y-%m-%d}.json"


def keep(report: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{json.dumps(report, indent=1)}\n", encoding="utf-8")


def show(report: dict[str, Any], console: Console) -> None:
    table = Table("measurement", "system", "median (min to max)", title="Medians; compare only what one run made")
    for result in report["results"]:
        cells = [_cell(name, metric) for name, metric in result["metrics"].items()]
        table.add_row(result["case"], result["system"], "\n".join(cells))
    console.print(table)
    if report["ratios"]:
        pairs = Table("measurement", "system", "peer", "times the peer's rate")
        for pair in report["ratios"]:
            times = f"{pair['median']:.2f} ({pair['min']:.2f} to {pair['max']:.2f})"
            pairs.add_row(pair["case"], pair["system"], pair["peer"], times)
        console.print(pairs)


def _cell(name: str, metric: dict[str, float]) -> str:
    label, form = _SHOWN[name]
    middle, least, most = (format(metric[key], form) for key in ("median", "min", "max"))
    return f"{middle} {label} ({least} to {most})"
