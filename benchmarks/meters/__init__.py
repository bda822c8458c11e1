"""What a store can tell of its own work, one meter for each kind of store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, Self

from benchmarks.meters.postgresql import PostgresMeter
from benchmarks.meters.redis import RedisMeter
from benchmarks.meters.sqlite import SqliteMeter
from benchmarks.scene import Scene
from benchmarks.systems import SYSTEMS


class Meter(Protocol):
    """Entered before the worker is opened, for one has to be there when connections are made."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    async def bytes_used(self) -> int:
        """All that the store takes up."""
        ...

    async def connections(self) -> int:
        """To the server, of everybody who works on this store but the meter."""
        ...

    async def work(self) -> Mapping[str, float]:
        """Counters that only rise, by name; `calls` is how often the store was asked, by whatever it is asked in."""
        ...

    def per_task(self, work: Mapping[str, float], tasks: int) -> dict[str, float]:
        """The metrics of so many tasks, from how far the counters rose."""
        ...


def meter_of(scene: Scene) -> Meter:
    makers = {"sqlite": SqliteMeter, "postgresql": PostgresMeter, "redis": RedisMeter}
    meter: Meter = makers[SYSTEMS[scene.system].backend](scene)
    return meter


def risen(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {name: value - before.get(name, 0.0) for name, value in after.items()}
