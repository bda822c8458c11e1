"""Hints go to few workers, and any of those may die with one: no task waits longer than the poll interval for that."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from statistics import median

import pytest

from backstage.app.enqueue_task import EnqueueTask
from tests.simulation.faulty_backend import Faults
from tests.simulation.world import World

HOSTS, TASKS = 6, 8
LATENCY, POLL_INTERVAL = 0.01, 2.0
ROUND_TRIPS = 10 * LATENCY
"""Some of a poll, and what a poll may come behind."""


class WorldOfHints(World):
    """Hosts with little to do; with each second task those die that hear of it, at about the time when they do."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.faults = Faults(latency=LATENCY)
        self.plan = replace(
            self.plan,
            hosts=HOSTS,
            concurrency=4,
            lease=10.0,
            poll_interval=POLL_INTERVAL,
            max_deliveries=6,
            kinds=("ok",),
            faults=self.faults,
        )
        self.stored_at: dict[str, float] = {}

    async def _play(self) -> None:
        for _ in range(HOSTS):
            self.start_host()
        for number in range(TASKS):
            await asyncio.sleep(40.0)  # whoever died is forgotten, and whoever came knows the others
            if number % 2:
                for host in self.hearers():
                    self.loop.call_later(self.random.uniform(0, 4 * LATENCY), self.kill, host)
            task = EnqueueTask("ok", {"n": number}).task(self.ids, self.clock.now())
            self.stored_at[task.id] = self.loop.time()
            await self.server.tasks.add([task])
        await self._until_drained()
        await self._until_stopped()

    def hearers(self) -> list[str]:
        alive = [name for name in self.hosts if self.loop.is_alive(name)]
        return [name for name in alive if not self.hosts[name]._parts.lookout.is_on_standby]

    def waits(self) -> list[float]:
        """Of each task until it was claimed first; those before whose claim nobody died come first."""
        claims = self.journal.of("claim")
        first = {task_id: next(each.at for each in claims if each.task_id == task_id) for task_id in self.stored_at}
        waits = [first[task_id] - stored_at for task_id, stored_at in self.stored_at.items()]
        return waits[::2] + waits[1::2]


@pytest.mark.parametrize("seed", range(2))
def test_no_task_waits_longer_than_the_poll_interval_although_all_die_that_hear_of_it(seed: int) -> None:
    world = WorldOfHints(seed)
    world.run()
    waits = world.waits()
    assert max(waits) < POLL_INTERVAL + ROUND_TRIPS
    assert median(waits[: TASKS // 2]) < ROUND_TRIPS
    assert sum(fact.kind == "kill" for fact in world.journal.facts) >= TASKS // 2, "nobody died: this proves nothing"
