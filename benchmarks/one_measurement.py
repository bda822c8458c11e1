"""Makes one measurement in this interpreter: `python -m benchmarks.one_measurement NAME SCENE`."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from importlib import import_module

from benchmarks.event_loop import run
from benchmarks.peers.node_peer import NodePeer
from benchmarks.scene import Scene
from benchmarks.systems import PEERS, SYSTEMS

Measure = Callable[[Scene], Awaitable[dict[str, float]]]


async def measured(name: str, scene: Scene) -> dict[str, float]:
    return await _measure_of(name, SYSTEMS[scene.system].backend)(scene)


def _measure_of(name: str, backend: str) -> Measure:
    if backend not in PEERS:
        ours: Measure = import_module(f"benchmarks.measurements.{name}").measure
        return ours
    if not PEERS[backend].packages:
        return NodePeer(f"{backend}.mjs").measurements[name]
    of_peer: Measure = import_module(f"benchmarks.peers.{backend}").MEASUREMENTS[name]
    return of_peer


if __name__ == "__main__":
    run(measured(sys.argv[1], Scene.of_json(sys.argv[2])))
