"""Drains: beside peers, and silent beside what comes out of the box."""

from __future__ import annotations

from benchmarks.goals.goal import Goal, Part, Side

TASKS = 20_000
RATE = "tasks_per_s"


def _drain(name: str, system: str, tasks: int = TASKS, *, is_stock: bool = False) -> Side:
    return Side(name, system, "drain", tasks, {"is_stock": True} if is_stock else {})


def _log(store: str) -> Goal:
    return Goal(f"{store} drain with its log beside silent", ("with log", RATE), 0.92, ("ours", RATE))


DRAINS = (
    Part(
        "drain-postgresql",
        (
            _drain("ours", "postgresql"),
            _drain("graphile", "graphile"),
            _drain("with log", "postgresql", is_stock=True),
            _drain("pgqueuer", "pgqueuer"),
        ),
        (
            Goal("PostgreSQL drain beside graphile-worker", ("ours", RATE), 1.0, ("graphile", RATE)),
            Goal("PostgreSQL drain beside PgQueuer", ("ours", RATE), 2.5, ("pgqueuer", RATE)),
            _log("PostgreSQL"),
        ),
    ),
    Part(
        "drain-sqlite",
        (
            _drain("ours", "sqlite"),
            _drain("huey", "huey"),
            _drain("with log", "sqlite", is_stock=True),
            _drain("huey-fsync", "huey-fsync", TASKS // 5),
        ),
        (
            Goal("SQLite drain (FULL) beside Huey without fsync", ("ours", RATE), 2.2, ("huey", RATE)),
            Goal("SQLite drain (FULL) beside Huey with fsync", ("ours", RATE), 8.0, ("huey-fsync", RATE)),
            _log("SQLite"),
        ),
    ),
    Part(
        "drain-redis",
        (_drain("ours", "redis"), _drain("bullmq", "bullmq"), _drain("with log", "redis", is_stock=True)),
        (
            Goal("Redis drain beside BullMQ on Node", ("ours", RATE), 3.3, ("bullmq", RATE)),
            _log("Redis"),
        ),
    ),
)
