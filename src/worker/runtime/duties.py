"""What a worker does beside claiming and running: each duty is a loop with a name."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, TypedDict

from backstage.domain.errors import StoreReplacedError
from backstage.domain.ports.wakeup import Wakeup
from backstage.domain.worker_info import beat_interval
from backstage.worker.runtime.beat import Beat
from backstage.worker.runtime.broadcast_loop import BroadcastLoop
from backstage.worker.runtime.bulk_loop import LOOK_EVERY as LOOK_FOR_BULK_EVERY
from backstage.worker.runtime.bulk_loop import BulkLoop
from backstage.worker.runtime.lease_keeper import LeaseKeeper
from backstage.worker.runtime.older_workers import OlderWorkers
from backstage.worker.runtime.own_state import OwnState
from backstage.worker.runtime.parts import Parts
from backstage.worker.runtime.paused_prefetch import LOOK_EVERY, PausedPrefetch
from backstage.worker.runtime.periodic import every, kept_up
from backstage.worker.runtime.reclaimer import Reclaimer
from backstage.worker.runtime.replaced_store import ReplacedStore
from backstage.worker.runtime.rest import WhileNothingRuns
from backstage.worker.runtime.schedule_loop import ScheduleLoop
from backstage.worker.runtime.sign import Sign, Signs
from backstage.worker.runtime.steering import Steering
from backstage.worker.runtime.store_watch import StoreWatch
from backstage.worker.runtime.told_types import LOOK_EVERY as LOOK_FOR_TYPES_EVERY
from backstage.worker.runtime.told_types import ToldTypes
from backstage.worker.runtime.unserved_watch import LOOK_EVERY as LOOK_FOR_UNSERVED_EVERY
from backstage.worker.watching.longest_lag import LongestLag

STALLED_AFTER = 0.5
"""Seconds, up to twice as many, that a task claimed ahead has waited for a slot when it goes back, with all others."""


class _Heeding(TypedDict):
    """Of a loop that rests until a beat tells of something."""

    interval: float
    name: str
    turn: Callable[[], Awaitable[None]]
    rest: Sign


class Duties:
    def __init__(self, parts: Parts, give_up: Callable[[StoreReplacedError], None], stop: Callable[[], None]) -> None:
        """`give_up` is called when the store is no longer the one that was opened, `stop` when an operator asks."""
        self._parts = parts
        surroundings, options = parts.surroundings, parts.options
        use_cases, backend, logger = surroundings.use_cases, surroundings.backend, surroundings.logger
        self.broadcasts = self._new_broadcast_loop()
        self._tell_receivers = None if self.broadcasts is None else self.broadcasts.hint
        self._signs = Signs(beat_interval(options.lease))
        self._scheduler = ScheduleLoop(
            use_cases.put_schedule,
            use_cases.fire_schedules,
            parts.declared.schedules,
            options.schedule_interval,
            self._signs.of("schedules", options.schedule_interval),
            logger,
        )
        self._types = ToldTypes(backend.type_definitions, parts.declared.handlers, parts.types, backend.clock)
        self.store_watch = self._new_store_watch()
        self._lag = LongestLag()
        self._keeper: LeaseKeeper | None = None
        self.beat = Beat(
            backend,
            OwnState(parts, backend.clock, self._lag),
            self.store_watch,
            OlderWorkers(backend.registry, parts.subscriptions, logger),
            Steering(options.worker_id, backend.registry, parts.slots, stop, backend.clock, logger),
            self._signs,
            options,
            logger,
        )
        self._reclaimer = Reclaimer(
            parts.queue,
            backend.task_events,
            use_cases.prune_tasks,
            options,
            parts.lanes.max_deliveries,
            parts.subscriptions,
            parts.publisher,
            parts.history,
            logger,
        )
        self._pauses = PausedPrefetch(backend.control, parts.slots)
        self._replaced = ReplacedStore(parts.healths.all, options.stuck_after, give_up, logger)

    @contextlib.asynccontextmanager
    async def running(self, wakeup: Wakeup, first_claim: asyncio.Event) -> AsyncIterator[None]:
        """Do them all from entering to leaving. Most begin after the first claim: they would get in its way."""
        loops = self._loops(wakeup, first_claim)
        tasks = [asyncio.create_task(loop, name=f"backstage-{name}") for name, loop in loops.items()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self.broadcasts is not None:
                self.broadcasts.close()
            await self._parts.executors.close()

    def leases_kept(self) -> contextlib.AbstractAsyncContextManager[None]:
        """Keep the leases of what is held, from entering to leaving."""
        parts, loop = self._parts, asyncio.get_running_loop()
        self._keeper = keeper = LeaseKeeper(
            parts.slots.held,
            parts.slots.busy,
            parts.surroundings.lease_queue,
            lease=parts.options.lease,
            control_interval=parts.options.control_interval,
            stop_run=lambda held, reason: loop.call_soon_threadsafe(parts.slots.stop_run, held, reason),
            health=parts.healths.of("leases"),
            logger=parts.surroundings.logger,
        )
        return parts.surroundings.background("backstage-leases", keeper.run)

    def _loops(self, wakeup: Wakeup, first_claim: asyncio.Event) -> dict[str, Coroutine[Any, Any, None]]:
        parts, options = self._parts, self._parts.options
        chance, logger, healths = parts.surroundings.chance, parts.surroundings.logger, parts.healths
        periodic = partial(every, chance=chance, logger=logger, healths=healths)
        later = partial(periodic, begin=first_claim)
        busy, seldom = parts.slots.busy, parts.lookout.seldom_on_standby
        endless = partial(kept_up, backoff=parts.backoff(), logger=logger, healths=healths)
        after_beat = partial(periodic, begin=self.beat.has_beaten)  # itself among those that are alive
        loops = {
            "settler": endless("settler", parts.slots.settler.run),
            "events": endless("events", parts.publisher.run),
            "reports": endless("reports", parts.reports.run),
            "subscriptions": periodic(**self._heeding_subscriptions()),
            "scheduler": endless("scheduler", self._scheduler.run),
            "bulk": endless("bulk", partial(self._run_bulk, first_claim, self._signs.of("bulk", LOOK_FOR_BULK_EVERY))),
            "lag": endless("lag", partial(self._lag.run, busy)),
            "wakeup": endless("wakeup", partial(parts.lookout.run, wakeup, self._tell_receivers)),
            "reclaimer": later(**self._heeding_leases()),
            "stalled": later(STALLED_AFTER, "stalled", self._look_for_stalls, rest=WhileNothingRuns(busy, 5.0)),
            "pauses": later(LOOK_EVERY, "pauses", self._pauses.look, rest=WhileNothingRuns(busy, 60.0)),
            "pruner": later(options.prune_interval, "pruner", seldom(self._reclaimer.prune)),
            "beat": later(self.beat.interval, "beat", self.beat.beat),
            "history": later(self.beat.interval, "history", parts.history.tell),
            "crew": endless("crew", partial(parts.lookout.keep_looking, self.beat.has_beaten)),
            "types": after_beat(LOOK_FOR_TYPES_EVERY, "types", self._types.tell),
            "unserved": after_beat(LOOK_FOR_UNSERVED_EVERY, "unserved", seldom(parts.unserved.look)),
        }
        if self.broadcasts is not None:
            loops["broadcasts"] = endless("broadcasts", self.broadcasts.run)
        return loops

    def _heeding_subscriptions(self) -> _Heeding:
        interval, watch = self._parts.options.subscription_interval, self._parts.subscriptions
        sign = self._signs.of("subscriptions", interval)
        return {"interval": interval, "name": "subscriptions", "turn": sign.heeding(watch.look), "rest": sign}

    def _heeding_leases(self) -> _Heeding:
        interval, seldom = self._parts.options.reclaim_interval, self._parts.lookout.seldom_on_standby
        sign = self._signs.of("leases", interval)
        turn = sign.heeding(seldom(self._reclaimer.reclaim))
        return {"interval": interval, "name": "reclaimer", "turn": turn, "rest": sign}

    async def _run_bulk(self, first_claim: asyncio.Event, sign: Sign) -> None:
        """The use case, which is loaded when it is asked for, would get in the way of the first claim, too."""
        await first_claim.wait()
        carry_on = self._parts.lookout.seldom_on_standby(self._parts.surroundings.use_cases.carry_on_bulk)
        await BulkLoop(carry_on, sign).run()

    async def _look_for_stalls(self) -> None:
        if self._parts.slots.busy.is_set() and self._keeper is not None:
            self._keeper.stir()
        await self._parts.slots.give_back_stalled()
        self._parts.hung.look()
        self._replaced.look()
        if not self._parts.slots.held and not self._parts.executors.threads.abandoned:
            self._parts.slots.busy.clear()

    def _new_broadcast_loop(self) -> BroadcastLoop | None:
        """None where nobody receives: then broadcasts cost nothing."""
        surroundings, receivers = self._parts.surroundings, self._parts.declared.receivers
        if not receivers:
            return None
        broadcasts = surroundings.backend.broadcasts
        return BroadcastLoop(broadcasts, receivers, self._parts.options.timeout, surroundings.logger)

    def _new_store_watch(self) -> StoreWatch:
        surroundings, options = self._parts.surroundings, self._parts.options
        put_again = [self._scheduler.put_again, self._parts.subscriptions.put_again, self._types.put_again]
        if self.broadcasts is not None:
            put_again.append(self.broadcasts.begin_again)
        health = self._parts.healths.of("store", beat_interval(options.lease))
        return StoreWatch(put_again, surroundings.backend.clock, health, surroundings.logger)
