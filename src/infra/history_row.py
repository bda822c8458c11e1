"""What ran and what failed as rows of the SQL stores, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from backstage.domain.failure_group import HOURS_SHOWN, FailureGroup
from backstage.domain.history import (
    HOUR,
    NO_RUNS,
    NO_WAITS,
    RUN_BOUNDS,
    WAIT_BOUNDS,
    HistoryPoint,
    HistoryQuery,
    HistoryRow,
    floored,
)
from backstage.infra.moments import from_micros, to_micros

HISTORY_COUNTERS = (
    *("claimed", "completed", "failed", "retried", "run_seconds", "wait_seconds"),
    *(f"wait_{number}" for number in range(len(WAIT_BOUNDS) + 1)),
    *(f"run_{number}" for number in range(len(RUN_BOUNDS) + 1)),
)
COUNTS = 6
"""How many of them come before the histograms."""
FAILURE_GROUP_COLUMNS = (
    *("fingerprint", "task_type", "error", "line", "message", "tasks", "runs", "first_seen", "last_seen"),
    *("task_ids", "is_muted", "note"),
)


def _sum(counter: str) -> str:
    """Of whole numbers, one: PostgreSQL would give a decimal, which takes its client ten times as long to read."""
    return f"sum({counter})" if counter.endswith("_seconds") else f"CAST(sum({counter}) AS bigint)"


HISTORY_PLACEHOLDERS = {
    "history_counters": ", ".join(HISTORY_COUNTERS),
    "history_values": ", ".join("?" for _ in HISTORY_COUNTERS),
    "history_added": ", ".join(f"{name} = stored.{name} + excluded.{name}" for name in HISTORY_COUNTERS),
    "history_sums": ", ".join(map(_sum, HISTORY_COUNTERS)),
    "failure_group": ", ".join(f"failure_group.{name}" for name in FAILURE_GROUP_COLUMNS),
}
"""What SQL files may name in braces."""
_HISTOGRAMS = "".join(f", {_sum(counter)}" for counter in HISTORY_COUNTERS[COUNTS:])


def reading_for(query: HistoryQuery, statement: str) -> str:
    """Return a statement that reads `history_sums`, without the histograms unless they are asked for: they are two
    thirds of what a row holds."""
    return statement if query.with_histograms else statement.replace(_HISTOGRAMS, "")


def history_values(point: HistoryPoint) -> tuple[int | float, ...]:
    """The values of HISTORY_COUNTERS."""
    return (
        *(point.claimed, point.completed, point.failed, point.retried, point.run_seconds, point.wait_seconds),
        *point.waits,
        *point.runs,
    )


def history_row_of(row: Sequence[Any]) -> HistoryRow:
    """Return the sums of a row: moment, queue, type and HISTORY_COUNTERS."""
    at, queue, type_, claimed, completed, failed, retried, run_seconds, wait_seconds, *counts = row
    point = HistoryPoint(
        at=from_micros(int(at)),
        claimed=int(claimed),
        completed=int(completed),
        failed=int(failed),
        retried=int(retried),
        run_seconds=float(run_seconds),
        wait_seconds=float(wait_seconds),
        **histograms_of(counts),
    )
    return HistoryRow(queue, type_, point)


def histograms_of(counts: Sequence[int | float]) -> dict[str, tuple[int, ...]]:
    """Return the waits and runs of a point from the counters behind the sums; a row may be from before runs were told
    apart by how long they took, or be read without histograms."""
    waits, runs = counts[: len(WAIT_BOUNDS) + 1], counts[len(WAIT_BOUNDS) + 1 :]
    return {"waits": tuple(map(int, waits)) or NO_WAITS, "runs": tuple(map(int, runs)) or NO_RUNS}


def first_hour(now: datetime) -> datetime:
    """The oldest of the hours that a failure group shows."""
    return floored(now, HOUR) - timedelta(hours=HOURS_SHOWN - 1)


def failure_group_of(row: Sequence[Any], hours: dict[int, int], now: datetime) -> FailureGroup:
    """Return the group of a row of FAILURE_GROUP_COLUMNS; `hours` are the runs of each, by its beginning in
    microseconds."""
    fingerprint, task_type, error, line, message, tasks, runs, first_seen, last_seen, task_ids, is_muted, note = row
    first = first_hour(now)
    return FailureGroup(
        fingerprint=fingerprint,
        task_type=task_type,
        error=error,
        line=line,
        message=message,
        tasks=tasks,
        runs=runs,
        first_seen=from_micros(first_seen),
        last_seen=from_micros(last_seen),
        hours=tuple(hours.get(to_micros(first + timedelta(hours=at)), 0) for at in range(HOURS_SHOWN)),
        sample_task_ids=tuple(json.loads(task_ids)),
        is_muted=bool(is_muted),
        note=note,
    )
