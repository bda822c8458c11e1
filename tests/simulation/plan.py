"""What one seed does: every parameter is drawn, for fixed ones find little (swarm testing, Groce et al. 2012)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

from tests.simulation.faulty_backend import Faults


@dataclass(frozen=True)
class Plan:
    hosts: int
    concurrency: int
    prefetch: int
    producers: int
    tasks: int
    lease: float
    reclaim_interval: float
    poll_interval: float
    control_interval: float
    grace_period: float
    max_deliveries: int
    trouble_for: float
    """Seconds of faults; then everything heals."""
    kills: int
    freezes: int
    stops: int
    clock_jumps: int
    cancels: int
    is_fifo: bool
    kinds: tuple[str, ...]
    faults: Faults


KINDS = ("ok", "ok", "ok", "flaky", "long", "blocking", "chain", "snooze", "giveup", "poison", "progress")


def draw(random: Random) -> Plan:
    def maybe(most: int) -> int:
        return random.randint(1, most) if random.random() < 0.5 else 0

    def log_uniform(least: float, most: float) -> float:
        return math.exp(random.uniform(math.log(least), math.log(most)))

    def rate() -> float:
        return log_uniform(0.005, 0.4) if random.random() < 0.5 else 0.0

    lease = log_uniform(1.0, 20.0)
    return Plan(
        hosts=random.randint(1, 4),
        concurrency=random.randint(1, 5),
        prefetch=maybe(4),
        producers=random.randint(1, 2),
        tasks=random.randint(1, 24),
        lease=lease,
        reclaim_interval=log_uniform(0.5, 5.0),
        poll_interval=log_uniform(0.5, 5.0),
        control_interval=log_uniform(0.1, 2.0),
        grace_period=log_uniform(0.1, 10.0),
        max_deliveries=random.randint(2, 6),
        trouble_for=log_uniform(2.0, 40.0),
        kills=maybe(5),
        freezes=maybe(4),
        stops=maybe(3),
        clock_jumps=maybe(2),
        cancels=maybe(6),
        is_fifo=random.random() < 0.3,
        kinds=tuple(random.sample(KINDS, random.randint(1, len(KINDS)))),
        faults=Faults(
            fail_before=rate(),
            fail_after=rate(),
            stall=rate(),
            longest_stall=lease * log_uniform(0.1, 3.0),
            latency=log_uniform(0.0001, 0.2),
        ),
    )
