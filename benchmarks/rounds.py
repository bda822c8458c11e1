"""Runs the plan some times over and keeps every number."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.peers.installing import environment_of
from benchmarks.plan import PAIRS, Plan
from benchmarks.scene import Scene
from benchmarks.stores import Stores
from benchmarks.systems import PEERS, SYSTEMS, System

ROOT = Path(__file__).resolve().parents[1]
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
            more_stores = int(case.is_crowded)
            made = measure_once(case.measurement, system, tasks, case.scene, stores, more_stores=more_stores)
            for metric, value in made.items():
                metrics.setdefault(metric, []).append(value)
    return numbers, load


def ratios(numbers: Numbers) -> list[dict[str, Any]]:
    """How many times each peer's rate ours is, round by round."""
    found = []
    for ours, theirs in PAIRS:
        for system in SYSTEMS.values():
            mine = numbers.get((ours, system.name))
            for peer in system.peers:
                other = numbers.get((theirs, peer))
                if mine and other:
                    pairs = zip(mine["tasks_per_s"], other["tasks_per_s"], strict=True)
                    found.append(
                        {"case": ours, "system": system.name, "peer": peer, **spread([a / b for a, b in pairs])}
                    )
    return found


def spread(values: list[float]) -> dict[str, float]:
    return {"median": median(values), "min": min(values), "max": max(values)}


def measure_once(
    measurement: str, system: System, tasks: int, options: Mapping[str, Any], stores: Stores, *, more_stores: int = 0
) -> dict[str, float]:
    """Make it in an interpreter of its own, on new stores. Raises MissingPeerError."""
    environment = environment_of(system.backend) if system.backend in PEERS else None
    with contextlib.ExitStack() as stack:
        url, *more_urls = (stack.enter_context(stores.new(system)) for _ in range(1 + more_stores))
        scene = Scene(system=system.name, url=url, tasks=tasks, more_urls=tuple(more_urls), **options)
        command = [sys.executable, "-m", "benchmarks.one_measurement", measurement, scene.to_json()]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, timeout=LONGEST, check=True, env=environment, cwd=ROOT
        )
    metrics: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return metrics
