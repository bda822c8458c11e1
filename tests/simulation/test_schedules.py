"""Schedulers under crashes, pauses, lost replies and wrong clocks, on virtual time."""

from __future__ import annotations

import pytest

from backstage.domain.schedule import Schedule
from backstage.infra.memory.schedules import MemorySchedules
from tests.simulation.scheduled_world import broken_promises

SEEDS = 60


@pytest.mark.parametrize("first", range(0, SEEDS, 20))
def test_every_seed_fires_each_tick_once(first: int) -> None:
    broken = {seed: promises for seed in range(first, first + 20) if (promises := broken_promises(seed))}
    assert broken == {}


def test_a_store_that_does_not_compare_the_last_tick_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    fire = MemorySchedules.fire

    async def careless(self: MemorySchedules, schedule: Schedule, until: object, tasks: object) -> bool:
        stored = await self.find(schedule.name)
        return await fire(self, stored or schedule, until, tasks)  # type: ignore[arg-type]

    monkeypatch.setattr(MemorySchedules, "fire", careless)
    assert any(broken_promises(seed) for seed in range(20))
