"""Replay seeds: `python -m tests.simulation.replay 17`, or `python -m tests.simulation.replay 0 20000` for a range."""

from __future__ import annotations

import sys
import time
from typing import Any

from tests.simulation.checker import violations
from tests.simulation.sim_loop import NothingCanHappen
from tests.simulation.world import World


def judge(seed: int, queue_of: Any = None) -> tuple[World, list[str]]:
    """Play one seed; return its world and what was broken in it."""
    world = World(seed, queue_of=queue_of)
    try:
        world.run()
    except NothingCanHappen:
        return world, ["nothing can happen any more: deadlock"]
    except TimeoutError:
        return world, ["a worker did not stop within its grace period"]
    return world, violations(world)


def main() -> int:
    first = int(sys.argv[1])
    if len(sys.argv) == 2:
        world, broken = judge(first)
        for fact in world.journal.facts:
            if fact.kind != "beat":
                print(
                    f"{fact.at:10.4f} {fact.kind:13} {fact.task_id[-4:]:4} {fact.fence:2} {fact.host:8} {fact.detail}"
                )
        print(world.plan)
        print("\n".join(broken) or "every promise held")
        return bool(broken)
    began, steps = time.monotonic(), 0
    for seed in range(first, int(sys.argv[2])):
        world, broken = judge(seed)
        steps += world.loop.steps
        if broken:
            print(f"seed {seed}: {broken[0]}\nreplay: python -m tests.simulation.replay {seed}")
            return 1
    took = time.monotonic() - began
    print(f"{int(sys.argv[2]) - first} seeds, {steps} steps, {took:.1f} s, every promise held")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
