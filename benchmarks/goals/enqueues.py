"""Enqueues: one awaited, in blocking form, from 50 coroutines, in bulks of 1,000; beside peers and the bare clients."""

from __future__ import annotations

from benchmarks.goals.goal import Goal, Part, Side

RATE = "tasks_per_s"
ONE, CONCURRENT, BULK = 1_000, 5_000, 20_000


def _one(name: str, system: str) -> Side:
    return Side(name, system, "enqueue_beside_bare", ONE, more_stores=2)


def _peer(name: str, how: str, tasks: int) -> Side:
    return Side(f"{name} {how}", name, f"enqueue_{how}", tasks)


def _bulk(system: str) -> Side:
    return Side("bulk", system, "bulk_beside_bare", BULK, more_stores=2)


def _of_bare(store: str) -> tuple[Goal, ...]:
    return (
        Goal(f"{store}: one awaited enqueue beside our statements on the bare client", ("one", "of_bare"), 0.92),
        Goal(f"{store}: enqueue in blocking form beside awaited", ("one", "blocking_of_awaited"), 1.0),
        Goal(f"{store}: slowest of 100 enqueues, times the median", ("one", "slowest"), 3.0, is_most=True),
    )


def _bulk_of_bare(store: str, how: str) -> Goal:
    return Goal(f"{store}: bulk of 1,000 beside {how}", ("bulk", "of_bare"), 0.6)


ENQUEUES = (
    Part(
        "enqueue-postgresql",
        (
            _one("one", "postgresql"),
            _peer("pgqueuer", "one", ONE),
            Side("concurrent", "postgresql", "enqueue_concurrently", 20_000),
            _bulk("postgresql"),
            _peer("graphile", "many", BULK),
        ),
        (
            *_of_bare("PostgreSQL"),
            Goal("PostgreSQL: one awaited beside PgQueuer", ("one", RATE), 1.4, ("pgqueuer one", RATE)),
            Goal("PostgreSQL: 50 coroutines", ("concurrent", RATE), 40_000, unit="/s"),
            Goal("PostgreSQL: bulk of 1,000 beside graphile-worker", ("bulk", RATE), 1.2, ("graphile many", RATE)),
            _bulk_of_bare("PostgreSQL", "COPY of the same rows"),
        ),
    ),
    Part(
        "enqueue-redis",
        (
            _one("one", "redis"),
            _peer("bullmq", "one", ONE),
            _peer("huey-redis", "one", ONE),
            Side("concurrent", "redis", "enqueue_concurrently", 20_000),
            _peer("bullmq", "many", BULK),
            _bulk("redis"),
        ),
        (
            *_of_bare("Redis"),
            Goal("Redis: one awaited beside BullMQ", ("one", RATE), 1.1, ("bullmq one", RATE)),
            Goal("Redis: one awaited beside Huey", ("one", RATE), 0.8, ("huey-redis one", RATE)),
            Goal("Redis: 50 coroutines beside BullMQ's addBulk", ("concurrent", RATE), 2.0, ("bullmq many", RATE)),
            Goal("Redis: bulk of 1,000 beside BullMQ", ("bulk", RATE), 4.0, ("bullmq many", RATE)),
            _bulk_of_bare("Redis", "a pipeline of one EVALSHA a task"),
        ),
    ),
    Part(
        "enqueue-sqlite",
        (
            _one("one", "sqlite"),
            _peer("huey-fsync", "one", ONE),
            Side("concurrent", "sqlite", "enqueue_concurrently", CONCURRENT),
            _peer("plainjob", "concurrently", CONCURRENT),
            _bulk("sqlite"),
            _peer("plainjob", "many", BULK),
        ),
        (
            *_of_bare("SQLite FULL"),
            Goal("SQLite FULL: one awaited beside Huey with fsync", ("one", RATE), 1.1, ("huey-fsync one", RATE)),
            Goal("SQLite: 50 coroutines beside plainjob", ("concurrent", RATE), 1.2, ("plainjob concurrently", RATE)),
            Goal("SQLite: bulk of 1,000 beside plainjob", ("bulk", RATE), 0.45, ("plainjob many", RATE)),
            _bulk_of_bare("SQLite", "executemany of the same rows"),
        ),
    ),
    Part(
        "enqueue-sqlite-normal",
        (_one("one", "sqlite-normal"), _peer("plainjob", "one", ONE)),
        (
            *_of_bare("SQLite NORMAL"),
            Goal("SQLite NORMAL: blocking form", ("one", "blocking_per_s"), 20_000, unit="/s"),
            Goal("SQLite NORMAL: one awaited beside plainjob", ("one", RATE), 0.35, ("plainjob one", RATE)),
        ),
    ),
)
