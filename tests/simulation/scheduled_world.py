"""One seed of schedulers: hosts with wrong clocks fire schedules over a bad network, die, freeze and come back."""

from __future__ import annotations

import asyncio
import contextvars
from datetime import datetime, timedelta
from random import Random
from typing import Any

from backstage.app.cancel_task import CancelTask
from backstage.app.fire_schedule import FireSchedule
from backstage.app.fire_schedules import FireSchedules
from backstage.app.put_schedule import PutSchedule
from backstage.domain.cron_task import CronTask
from backstage.domain.overlap import Overlap
from backstage.domain.schedule import Schedule
from backstage.domain.task import Task
from backstage.domain.task_state import LIVE_STATES
from backstage.infra.memory.backend import MemoryBackend
from backstage.worker.runtime.error_backoff import ErrorBackoff
from backstage.worker.runtime.periodic import kept_up
from backstage.worker.runtime.schedule_loop import ScheduleLoop
from backstage.worker.runtime.sign import Sign
from tests.simulation.faulty_backend import Faults, FaultyBackend
from tests.simulation.sim_loop import SimLoop, lane_var
from tests.simulation.world import Quiet, SimClock

INTERVAL = 10.0
CRONS = (
    CronTask("every 1s", "t", name="all", catch_up="all"),
    CronTask("every 7s", "t", name="one", catch_up="one"),
    CronTask("every 3s", "t", name="skip", overlap="skip"),
    CronTask("every 5s", "t", name="replace", overlap="replace"),
    CronTask("* * * * *", "t", name="none", catch_up="none", jitter=5),
)


class SkewedSimClock:
    def __init__(self, right: SimClock, seconds: float) -> None:
        self._right, self._by = right, timedelta(seconds=round(seconds, 6))

    def now(self) -> datetime:
        return self._right.now() + self._by

    def monotonic(self) -> float:
        return self._right.monotonic()


class ScheduledWorld:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.loop = SimLoop(self.random, is_fifo=self.random.random() < 0.3)
        self.clock = SimClock(self.loop)
        self.server = MemoryBackend(self.clock)
        self.faults = Faults(
            fail_before=self.random.choice((0.0, 0.05, 0.3)),
            fail_after=self.random.choice((0.0, 0.05, 0.3)),
            stall=self.random.choice((0.0, 0.1)),
            longest_stall=20.0,
            latency=self.random.choice((0.0001, 0.1, 2.0)),
        )
        self.tasks: list[Task] = []
        self.begun: dict[str, Schedule] = {}
        self.ended: dict[str, Schedule] = {}
        self._hosts: list[str] = []

    def run(self) -> None:
        try:
            self.loop.run_until_complete(self._play())
        finally:
            self.loop.bury()

    async def _play(self) -> None:
        self.begun = {cron.name: await self.server.schedules.put(cron) for cron in CRONS}
        for _ in range(self.random.randint(1, 4)):
            self._start_host()
        for _ in range(self.random.randint(0, 8)):
            await asyncio.sleep(self.random.uniform(0, 20))
            self._hurt(self.random.choice(self._hosts))
        self.faults.fail_before = self.faults.fail_after = self.faults.stall = 0.0
        self._start_host()
        await asyncio.sleep(120.0)
        for host in self._hosts:
            self.loop.kill(host)
        await self._turn(self.server, SkewedSimClock(self.clock, 120.0))()  # whatever they died in the midst of
        self.ended = {schedule.name: schedule for schedule in await self.server.schedules.all()}
        self.tasks = list(self.server._store.tasks.values())

    def _hurt(self, host: str) -> None:
        if self.random.random() < 0.5:
            self.loop.freeze((host, "main"), self.random.uniform(0, 30))
            return
        self.loop.kill(host)
        self.loop.call_later(self.random.uniform(0, 30), self._start_host, context=contextvars.Context())

    def _start_host(self) -> None:
        host = f"host{len(self._hosts)}"
        self._hosts.append(host)
        backend = FaultyBackend(self.server, self.faults, self.random)
        clock = SkewedSimClock(self.clock, self.random.choice((-90.0, -1.0, 0.0, 0.0, 1.0, 90.0)))
        put = PutSchedule(backend.schedules, self._fire_schedule(backend, clock), clock)
        schedule_loop = ScheduleLoop(put, self._turn(backend, clock), CRONS, INTERVAL, Sign(), Quiet())
        context = contextvars.copy_context()
        context.run(lane_var.set, (host, "main"))
        running = kept_up("scheduler", schedule_loop.run, ErrorBackoff(self.random), Quiet())
        self.loop.create_task(running, context=context)

    def _fire_schedule(self, backend: Any, clock: SkewedSimClock) -> FireSchedule:
        bus: Any = Quiet()
        return FireSchedule(backend.schedules, backend.tasks, bus, CancelTask(backend.tasks, bus, clock))

    def _turn(self, backend: Any, clock: SkewedSimClock) -> FireSchedules:
        return FireSchedules(backend.schedules, self._fire_schedule(backend, clock), clock)

    def violations(self) -> list[str]:
        """One sentence per broken promise."""
        broken: list[str] = []
        for name, begun in self.begun.items():
            ended, cron = self.ended[name], self.begun[name].cron
            tasks = sorted((task for task in self.tasks if task.metadata["schedule"] == name), key=lambda task: task.id)
            ticks = [datetime.fromisoformat(task.metadata["tick"]) for task in tasks]
            nominal = cron.cron.ticks_between(begun.last_tick, ended.last_tick, 100_000)
            if sorted(set(ticks)) != ticks:
                broken.append(f"{name}: ticks fired twice or out of order")
            if not set(ticks) <= set(nominal):
                broken.append(f"{name}: fired what is no tick")
            if str(cron.catch_up) == "all" and ticks != nominal:
                broken.append(f"{name}: fired {len(ticks)} of {len(nominal)} ticks")
            if ended.last_tick < self.clock.now() - timedelta(seconds=90 + 60 + 30):
                broken.append(f"{name}: stood still at {ended.last_tick}, it is {self.clock.now()}")
            live = sum(task.state in LIVE_STATES for task in tasks)
            if cron.overlap is not Overlap.ALLOW and live != 1:
                broken.append(f"{name}: {live} tasks live although the schedule is to {cron.overlap}")
        return broken


def broken_promises(seed: int) -> list[str]:
    world = ScheduledWorld(seed)
    world.run()
    return world.violations()
