"""The tables of the page, in its order."""

from __future__ import annotations

from benchmarks.capacity.table import STORES, MeasuredTable, Numbers, rate
from benchmarks.goals.goal import Side
from benchmarks.goals.report import number
from benchmarks.loads import LOADS

_DRAINED, _LARGE = 10_000, {"64 KiB of payload": 1_000, "chains of five": 2_000}
_PROCESSES = ("1", "2", "10", "50", "100", "200")
_STORED = {"10³": 1_000, "10⁵": 100_000, "10⁶": 1_000_000, "10⁷": 10_000_000}
_SHARDED = {"one server": "redis", "a cluster of three": "redis-cluster"}
_OPEN_TASKS, _OPEN_SECONDS = 10_000, 5.0


def _load(row: str, column: str) -> Side:
    return Side(f"{row} on {column}", STORES[column], "load", _LARGE.get(row, _DRAINED), {"load": row})


def _open(row: str, column: str) -> Side:
    return Side(row, STORES[row], "open_load", _OPEN_TASKS, {"seconds": _OPEN_SECONDS})


def _open_cell(numbers: Numbers) -> str:
    waits = (
        " / ".join(number(numbers[f"{name}_ms_at_{share}"]) for name in ("p50", "p99", "p999"))
        for share in ("50%", "80%")
    )
    return f"{number(numbers['capacity_per_s'])}/s | {' | '.join(waits)}"


def _many(row: str, column: str) -> Side:
    scene = {"processes": int(row)}
    return Side(f"{row} on {column}", STORES[column], "drain_by_many", 20_000, scene)


def _many_cell(numbers: Numbers) -> str:
    return f"{rate(numbers)}, {number(numbers['largest_share'])}"


def _connections(row: str, column: str) -> Side:
    return Side(column, STORES[column], "connections", 2_000)


def _connections_cell(numbers: Numbers) -> str:
    return f"{numbers['idle_connections']:.0f} / {numbers['working_connections']:.0f}"


def _sharded(row: str, column: str) -> Side:
    scene = {"processes": int(row), "load": "ten queues, five priorities"}
    return Side(f"{row} on {column}", _SHARDED[column], "drain_by_many", 20_000, scene)


def _stored(row: str, column: str) -> Side | None:
    others = _STORED[row]
    if column == "Redis" and others > 100_000:
        return None  # by our own commands alone, which takes an hour
    return Side(f"{row} on {column}", STORES[column], "growth", 10_000, {"others": others}, more_stores=1)


def _stored_cell(numbers: Numbers) -> str:
    return f"{rate(numbers)} ({numbers['of_alone']:.2f})"


LOADED = MeasuredTable(
    "loads",
    "One worker",
    "Tasks completed a second by one process with default settings, for loads that resemble real ones.",
    tuple(LOADS),
    tuple(STORES),
    _load,
    rate,
)
OPEN = MeasuredTable(
    "open",
    "Latency under load",
    "Milliseconds (p50 / p99 / p99.9) from the moment a task was meant to be enqueued to the first line of its "
    "handler, at a half and at four fifths of the capacity: of what one worker runs while another process enqueues "
    "from 50 coroutines.",
    tuple(STORES),
    ("capacity | at a half | at four fifths",),
    _open,
    _open_cell,
)
MANY = MeasuredTable(
    "many",
    "Many workers",
    "Tasks completed a second by so many worker processes, and how many times the smallest share the largest is.",
    _PROCESSES,
    tuple(STORES),
    _many,
    _many_cell,
)
CONNECTIONS = MeasuredTable(
    "connections",
    "Connections",
    "Connections of one worker process to its server, idle / at most while it works. Multiply by the processes.",
    ("one worker",),
    ("PostgreSQL", "Redis"),
    _connections,
    _connections_cell,
)
SHARDS = MeasuredTable(
    "shards",
    "Shards of a Redis Cluster",
    "Tasks completed a second by so many processes, from ten queues, which lie on one server or on the three nodes of "
    "a cluster of the same machine. The nodes share its cores: on machines of their own each adds its own rate.",
    ("1", "2", "4"),
    tuple(_SHARDED),
    _sharded,
    rate,
)
STORED = MeasuredTable(
    "stored",
    "Stored tasks",
    "Tasks completed a second beside so many finished ones, and in brackets the ratio to an empty store in the same "
    "rounds.",
    tuple(_STORED),
    tuple(STORES),
    _stored,
    _stored_cell,
)
TABLES = (LOADED, OPEN, MANY, CONNECTIONS, SHARDS, STORED)
