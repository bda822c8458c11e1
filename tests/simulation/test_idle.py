"""What workers that have nothing to do ask of the store, at the intervals that they have by default."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from backstage.infra.settings.settings import Settings
from tests.simulation.faulty_backend import Faults
from tests.simulation.world import World

MINUTES = 5


class IdleWorld(World):
    def __init__(self, hosts: int) -> None:
        super().__init__(0)
        self.faults = Faults(latency=0.001)
        usual = Settings()
        self.plan = replace(
            self.plan,
            hosts=hosts,
            lease=usual.lease,
            poll_interval=usual.poll_interval,
            reclaim_interval=usual.reclaim_interval,
            control_interval=usual.control_interval,
            faults=self.faults,
        )
        self.calls_a_second = 0.0

    async def _play(self) -> None:
        for _ in range(self.plan.hosts):
            self.start_host()
        await asyncio.sleep(60.0)
        self.faults.calls.clear()
        await asyncio.sleep(MINUTES * 60.0)
        self.calls_a_second = self.faults.calls.total() / (MINUTES * 60.0) / self.plan.hosts
        await self._until_stopped()


@pytest.mark.parametrize("hosts", [1, 4])
def test_an_idle_worker_asks_the_store_for_little(hosts: int) -> None:
    world = IdleWorld(hosts)
    world.run()
    assert world.calls_a_second < 0.66, world.faults.calls
    assert world.loop.steps < 100 * MINUTES * 60 * hosts
