"""Which measurements are made, and on how many tasks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.systems import SYSTEMS, System


@dataclass(frozen=True, slots=True)
class Case:
    """One row: a measurement with its options; `share` of the tasks asked for is what it takes to be steady."""

    name: str
    measurement: str
    share: float = 1.0
    scene: dict[str, int] = field(default_factory=dict)
    backends: tuple[str, ...] = ("memory", "sqlite")


CASES = (
    Case("enqueue, one at a time", "enqueue_one", 0.1, backends=("memory", "sqlite", "huey")),
    Case("enqueue, 50 coroutines", "enqueue_concurrently", 0.5),
    Case("enqueue, 1,000 at once", "enqueue_many"),
    Case("drain, concurrency 10", "drain", scene={"concurrency": 10}),
    Case("drain, 10 and prefetch 100", "drain", scene={"concurrency": 10, "prefetch": 100}),
    Case("drain, 100 and prefetch 400", "drain", scene={"concurrency": 100, "prefetch": 400}),
    Case(
        "drain, 2 processes of these",
        "drain",
        scene={"concurrency": 100, "prefetch": 400, "processes": 2},
        backends=("sqlite",),
    ),
    Case("drain, one thread", "drain", 0.5, backends=("huey",)),
    Case("latency, idle worker", "latency", 0.01, backends=("memory", "sqlite", "huey")),
    Case("file", "footprint", scene={"concurrency": 100, "prefetch": 400}, backends=("sqlite",)),
    Case("statements of a drain", "statements", scene={"concurrency": 100, "prefetch": 400}, backends=("sqlite",)),
)
PAIRS = (
    ("enqueue, one at a time", "enqueue, one at a time"),
    ("drain, 100 and prefetch 400", "drain, one thread"),
)
"""Our case and the peer's nearest one: of our drains that with the most tasks at hand, which Huey has no choice of."""
_LEAST_TASKS = 20


def systems_of(backends: tuple[str, ...]) -> list[System]:
    return [each for each in SYSTEMS.values() if each.backend in backends]


def steps(backends: tuple[str, ...], tasks: int) -> Iterator[tuple[Case, System, int]]:
    """One round, with the number of tasks of each step; what is compared lies side by side in time."""
    systems = systems_of(backends)
    for case in CASES:
        for system in systems:
            if system.backend in case.backends:
                yield case, system, max(_LEAST_TASKS, round(tasks * case.share))
