"""Which measurements are made, and on how many tasks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from benchmarks.systems import BACKENDS, PEERS, SYSTEMS, System

SERVED = ("postgresql", "redis")
STORED = ("sqlite", *SERVED)
OURS = tuple(BACKENDS)
EVERY = (*OURS, *PEERS)
CONCURRENT = ("graphile", "pgboss", "pgqueuer", "procrastinate", "plainjob", "bullmq", "saq", "taskiq")
BULK = ("graphile", "pgboss", "pgqueuer", "procrastinate", "plainjob", "bullmq")
IN_PROCESSES = ("graphile", "pgboss", "pgqueuer", "bullmq")
WAITING = tuple(peer for peer in PEERS if peer != "plainjob")
"""Those that can be asked for it; plainjob looks once a second for tasks."""
MANY_AT_ONCE = {"concurrency": 100, "prefetch": 1000}


@dataclass(frozen=True, slots=True)
class Case:
    """One row: a measurement with its options; `share` of the tasks asked for is what it takes to be steady."""

    name: str
    measurement: str
    share: float = 1.0
    scene: dict[str, int] = field(default_factory=dict)
    backends: tuple[str, ...] = OURS
    is_crowded: bool = False
    """Whether it has other tasks beside those it measures, which takes long to set up."""


CASES = (
    Case("enqueue, one at a time", "enqueue_one", 0.1, backends=EVERY),
    Case("enqueue, 50 coroutines", "enqueue_concurrently", 0.5, backends=(*OURS, *CONCURRENT)),
    Case("enqueue, 1,000 at once", "enqueue_many", backends=(*OURS, *BULK)),
    Case("drain, default settings", "drain"),
    Case("drain, 10 and prefetch 0", "drain", scene={"concurrency": 10, "prefetch": 0}),
    Case("drain, 100 and prefetch 1,000", "drain", scene=MANY_AT_ONCE),
    Case("drain, the peer at its best", "drain", backends=tuple(PEERS)),
    Case("drain, 2 processes", "drain", scene={**MANY_AT_ONCE, "processes": 2}, backends=(*STORED, *IN_PROCESSES)),
    Case("latency, idle worker", "latency", 0.01, backends=(*OURS, *WAITING)),
    Case("awaiting a result", "awaiting", 0.01),
    Case("idle worker", "idle", 0.0, backends=STORED),
    Case("history of what ran", "history", 0.0, backends=STORED),
    Case("store", "footprint", scene=MANY_AT_ONCE, backends=STORED),
    Case("statements of a drain", "statements", scene=MANY_AT_ONCE, backends=STORED),
    Case("claims beside other tasks", "crowd", scene=MANY_AT_ONCE, backends=STORED, is_crowded=True),
)
PAIRS = (
    ("enqueue, one at a time", "enqueue, one at a time"),
    ("enqueue, 50 coroutines", "enqueue, 50 coroutines"),
    ("enqueue, 1,000 at once", "enqueue, 1,000 at once"),
    ("drain, default settings", "drain, the peer at its best"),
    ("drain, 100 and prefetch 1,000", "drain, the peer at its best"),
    ("drain, 2 processes", "drain, 2 processes"),
)
"""Our case and the peer's nearest one."""
_PAIRED = {name for pair in PAIRS for name in pair} | {"latency, idle worker"}
_LEAST_TASKS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`tasks` are those of a drain. With `others` beside them, nothing but the claims among many is measured; without,
    all the rest. `is_paired`: nothing but what peers are compared in."""

    backends: tuple[str, ...]
    tasks: int
    others: int = 0
    is_paired: bool = False

    def steps(self) -> Iterator[tuple[Case, System, int]]:
        """One round, with the number of tasks of each step; what is compared lies side by side in time."""
        for case in CASES:
            if (self.is_paired and case.name not in _PAIRED) or case.is_crowded is not bool(self.others):
                continue
            chosen = replace(case, scene={**case.scene, "others": self.others}) if case.is_crowded else case
            for system in SYSTEMS.values():
                if system.store == "cluster":
                    continue  # it is for the capacity guide
                if system.backend in case.backends and system.backend in self.backends:
                    yield chosen, system, max(_LEAST_TASKS, round(self.tasks * case.share * system.share))
