"""Long rows: many workers, and many other tasks."""

from __future__ import annotations

from benchmarks.goals.goal import Goal, Part, Side
from benchmarks.goals.waiting import STORES

IDLE, DRAINING = (1, 10, 50, 200), {50: 0.8, 100: 0.6}
_ENQUEUED, _DRAINED = 15, 20_000
_OTHERS = {"postgresql": 1_000_000, "sqlite": 1_000_000, "redis": 100_000}
"""On Redis fewer, for they can be stored there by our own commands only."""


def _idle(store: str, system: str) -> Part:
    sides = tuple(Side(f"{n} idle", system, "idle_crowd", _ENQUEUED, {"processes": n}) for n in IDLE)
    claims = tuple(
        Goal(f"{store}: claims for one task, {n} idle workers", (f"{n} idle", "claims_per_task"), 3.0, is_most=True)
        for n in IDLE[1:]
    )
    latency = Goal(
        f"{store}: p50 to a handler with 200 idle workers, times that with one",
        *(("200 idle", "p50_ms"), 1.5, ("1 idle", "p50_ms")),
        is_most=True,
    )
    return Part(f"crowd-idle-{system}", sides, (*claims, latency), rounds=1, is_long=True)


def _draining(store: str, system: str) -> Part:
    sides = tuple(Side(f"{n} draining", system, "drain_by_many", _DRAINED, {"processes": n}) for n in (1, *DRAINING))
    rates = tuple(
        Goal(
            f"{store}: drain by {n} processes beside one",
            (f"{n} draining", "tasks_per_s"),
            bound,
            ("1 draining", "tasks_per_s"),
        )
        for n, bound in DRAINING.items()
    )
    shares = tuple(
        Goal(
            f"{store}: largest share of {n} processes, times the smallest",
            (f"{n} draining", "largest_share"),
            5.0,
            is_most=True,
        )
        for n in DRAINING
    )
    return Part(f"crowd-drain-{system}", sides, (*rates, *shares), rounds=1, is_long=True)


def _growth(store: str, system: str) -> Part:
    others = _OTHERS[system]
    return Part(
        f"growth-{system}",
        (
            Side("drain", system, "growth", 20_000, {"others": others}, more_stores=1),
            Side("oldest", system, "oldest_due", 0, {"others": others}, more_stores=1),
        ),
        (
            Goal(f"{store}: drain beside {others:,} finished tasks, and alone", ("drain", "of_alone"), 0.95),
            Goal(
                f"{store}: oldest due task beside {others:,} pending, times as long as beside 2,000",
                ("oldest", "times_as_long"),
                1.5,
                is_most=True,
            ),
        ),
        rounds=1,
        is_long=True,
    )


CROWDS = (
    *(_idle(store, system) for store, system in STORES.items()),
    *(_draining(store, system) for store, system in STORES.items()),
    *(_growth(store, system) for store, system in STORES.items()),
)
