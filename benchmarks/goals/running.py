"""Makes the measurements of the parts, in rounds whose order alternates."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from benchmarks.goals.goal import Part, Side, Verdict
from benchmarks.machine import core_speed
from benchmarks.peers.installing import MissingPeerError
from benchmarks.rounds import measure_once
from benchmarks.stores import Stores
from benchmarks.systems import SYSTEMS

_LEAST_TASKS = {"enqueue_beside_bare": 100, "bulk_beside_bare": 1_000, "first_handler": 1}
_FEWEST = 20


@dataclass(slots=True)
class Made:
    """What one part gave: of each side one entry a round, and why some are missing."""

    part: Part
    rounds: dict[str, list[dict[str, float] | None]] = field(default_factory=dict)
    troubles: dict[str, str] = field(default_factory=dict)
    load_before: float = 0.0
    core_speed: float = 0.0
    """As `machine.core_speed` saw it before the first round."""
    seconds: float = 0.0

    def verdicts(self) -> list[Verdict]:
        return [goal.verdict(self.rounds) for goal in self.part.goals]


def run_parts(
    parts: Iterable[Part], stores: Stores, tell: Callable[[str], None], *, rounds: int | None, scale: float
) -> Iterable[Made]:
    """`rounds` in place of each part's own; `scale` makes all loads smaller, for a trial."""
    for part in parts:
        made = Made(
            part,
            {side.name: [] for side in part.sides},
            load_before=round(os.getloadavg()[0], 2),
            core_speed=core_speed(),
        )
        begun = time.monotonic()
        for number in range(rounds or part.rounds):
            for side in part.sides[:: -1 if number % 2 else 1]:
                tell(f"{part.name}, round {number + 1}: {side.name}")
                made.rounds[side.name].append(_measured(side, stores, scale, made.troubles))
        made.seconds = round(time.monotonic() - begun, 1)
        yield made


def _measured(side: Side, stores: Stores, scale: float, troubles: dict[str, str]) -> dict[str, float] | None:
    """A side that cannot be measured is told of, and the others go on."""
    tasks = max(_LEAST_TASKS.get(side.measurement, _FEWEST), round(side.tasks * scale))
    scene = {name: _scaled(name, value, scale) for name, value in side.scene.items()}
    try:
        return measure_once(side.measurement, SYSTEMS[side.system], tasks, scene, stores, more_stores=side.more_stores)
    except (MissingPeerError, subprocess.SubprocessError, OSError, ValueError) as error:
        troubles[side.name] = f"{type(error).__name__}: {str(error)[-300:]}"
        return None


def _scaled(name: str, value: object, scale: float) -> object:
    return max(1, round(value * scale)) if name in ("others", "processes") and isinstance(value, int) else value
