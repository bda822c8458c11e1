"""Runs the plan some times over and keeps every number."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.plan import PAIRS, Case, Plan
from benchmarks.scene import Scene
from benchmarks.stores import Stores
from benchmarks.systems import SYSTEMS, System

LONGEST = 1800.0
"""Seconds that one measurement may take."""

Numbers = dict[tuple[str, str], dict[str, list[float]]]
"""Case and system to metric to one number a round."""


def run_rounds(plan: Plan, rounds: int, stores: Stores, tell: Callable[[str], None]) -> tuple[Numbers, list[float]]:
    """Return the numbers, and the machine's load before each round.

    Each round makes every measurement once, so that a noisy minute spoils a round and not a system.
    """
    numbers: Numbers = {}
    load: list[float] = []
    for number in range(1, rounds + 1):
        load.append(round(os.getloadavg()[0], 2))
        for case, system, tasks in plan.steps():
            tell(f"round {number} of {rounds}: {case.name} on {system.name}")
            metrics = numbers.setdefault((case.name, system.name), {})
            for metric, value in _measure(case, system, tasks, stores).items():
                metrics.setdefault(metric, []).append(value)
    return numbers, load


def ratios(numbers: Numbers) -> list[dict[str, Any]]:
    """How many times the peer's rate ours is, round by round."""
    found = []
    for ours, theirs in PAIRS:
        for system in SYSTEMS.values():
            mine = numbers.get((ours, system.name))
            other = numbers.get((theirs, system.peer)) if system.peer else None
            if mine and other:
                pairs = zip(mine["tasks_per_s"], other["tasks_per_s"], strict=True)
                found.append(
                    {"case": ours, "system": system.name, "peer": system.peer, **spread([a / b for a, b in pairs])}
                )
    return found


def spread(values: list[float]) -> dict[str, float]:
    return {"median": median(values), "min": min(values), "max": max(values)}


def _measure(case: Case, system: System, tasks: int, stores: Stores) -> dict[str, float]:
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(stores.new(system))
        alone_url = stack.enter_context(stores.new(system)) if case.is_crowded else ""
        scene = Scene(system=system.name, url=url, tasks=tasks, alone_url=alone_url, **case.scene)
        command = [sys.executable, "-m", "benchmarks.one_measurement", case.measurement, scene.to_json()]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=LONGEST, check=True)
    metrics: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return metrics
