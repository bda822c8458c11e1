"""What a worker that waits costs, how soon it begins, and what a task takes up in the store."""

from __future__ import annotations

from benchmarks.goals.goal import Goal, Part, Side

STORES = {"PostgreSQL": "postgresql", "Redis": "redis", "SQLite": "sqlite"}
_LATENCIES, _STARTS, _FOOTPRINT = 100, 5, 20_000
_AT_ONCE = {"concurrency": 100, "prefetch": 1000}
_PAYLOAD = 50
"""Characters of a text beside the number, 70 bytes of payload in all."""
_BYTES = {"PostgreSQL": (300, 500), "Redis": (300, 420), "SQLite": (220, 320)}


def _each(measurement: str, tasks: int) -> tuple[Side, ...]:
    return tuple(Side(store, system, measurement, tasks) for store, system in STORES.items())


def _latency(store: str, system: str) -> Part:
    return Part(
        f"latency-{system}",
        (Side("ours", system, "latency", _LATENCIES), Side("bare", system, "bare_latency", _LATENCIES)),
        (
            Goal(
                f"{store}: p50 from enqueue to handler beside bare clients",
                ("ours", "p50_ms"),
                1.2,
                ("bare", "p50_ms"),
                is_most=True,
            ),
            Goal(
                f"{store}: p99 from enqueue to handler, times p50",
                ("ours", "p99_ms"),
                3.0,
                ("ours", "p50_ms"),
                is_most=True,
            ),
        ),
    )


def _bytes(store: str, queued: float, finished: float, side: str = "") -> tuple[Goal, ...]:
    side = side or store
    return (
        Goal(f"{side}: bytes of a queued task", (side, "queued_bytes"), queued, is_most=True),
        Goal(f"{side}: bytes of a finished task", (side, "finished_bytes"), finished, is_most=True),
    )


_LONGER = "Redis, payload of 70 bytes"

WAITING = (
    *(_latency(store, system) for store, system in STORES.items()),
    Part(
        "start",
        _each("first_handler", _STARTS),
        tuple(
            Goal(
                f"{store}: start of the process to the first handler",
                (store, "first_handler_s"),
                0.2,
                is_most=True,
                unit=" s",
            )
            for store in STORES
        ),
        rounds=1,
    ),
    Part(
        "idle",
        _each("idle", 0),
        tuple(
            goal
            for store in STORES
            for goal in (
                Goal(f"{store}: calls of an idle worker a second", (store, "idle_calls_a_second"), 0.5, is_most=True),
                Goal(
                    f"{store}: CPU seconds of an idle worker a minute",
                    (store, "idle_cpu_s_a_minute"),
                    0.04,
                    is_most=True,
                ),
            )
        ),
        rounds=1,
    ),
    Part(
        "bytes",
        (
            *(Side(store, system, "footprint", _FOOTPRINT, _AT_ONCE) for store, system in STORES.items()),
            Side(_LONGER, "redis", "footprint", _FOOTPRINT, {**_AT_ONCE, "payload_bytes": _PAYLOAD}),
        ),
        (
            *(goal for store, bounds in _BYTES.items() for goal in _bytes(store, *bounds)),
            Goal(
                "PostgreSQL: bytes of WAL of a task, from enqueue to end",
                ("PostgreSQL", "life_wal_bytes"),
                800,
                is_most=True,
            ),
            *_bytes("Redis", 300 + 80, 420 + 80, _LONGER),
        ),
        rounds=1,
    ),
    Part(
        "connections",
        tuple(Side(store, system, "connections", 2_000) for store, system in STORES.items() if system != "sqlite"),
        (
            Goal("PostgreSQL: connections of an idle worker", ("PostgreSQL", "idle_connections"), 2, is_most=True),
            Goal("PostgreSQL: connections of a working worker", ("PostgreSQL", "working_connections"), 4, is_most=True),
            Goal("Redis: connections of a worker", ("Redis", "working_connections"), 3, is_most=True),
        ),
        rounds=1,
    ),
)
