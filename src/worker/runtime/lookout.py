"""What this worker does about a hint: look itself, or let another one look (decision 0711)."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable
from itertools import chain, count, repeat

from backstage.domain.crew import Crew, crew_of
from backstage.domain.errors import StorageError
from backstage.domain.hint import Hint
from backstage.domain.ports.chance import Chance
from backstage.domain.ports.wakeup import Wakeup
from backstage.domain.ports.worker_registry import WorkerRegistry
from backstage.worker.runtime.slots import Slots

_LOOK_EVERY, _LOOK_AGAIN_AFTER = 15.0, 2.0
"""Seconds between two looks at who is there, and between the first two."""
STANDBY_TURNS = 6
"""Of what is done for the whole store, one turn in so many is enough where others do it at each."""
_SEEN_WITHIN = 60.0
_LONGEST_WAIT = 3600.0
_PAUSES = (0.05, 0.1, 0.2)
"""Seconds between two calls while this worker is busy and hears hints, the last one again and again."""


def _pause_with(others: int) -> float:
    """Seconds between two looks. Whoever is alone is told of others, and reading of a thousand costs time."""
    return max(_LOOK_EVERY, 0.3 * others) if others else 4 * _LOOK_EVERY


class Lookout:
    """Of the workers that serve the same, two hear every hint; each of the others is called by name.

    A lookout that has nothing to do takes what there is. One that runs something calls another one, so that light work
    spreads, and looks itself a little later; when hints come closer than that, it looks itself at once. Whoever had
    nothing to do and got all that it had room for calls others: there may be more. Polling covers every call that
    gets lost.
    """

    def __init__(
        self, worker_id: str, registry: WorkerRegistry, slots: Slots, hint: asyncio.Event, chance: Chance
    ) -> None:
        """`hint` is set when the worker is to look for work."""
        self._worker_id, self._registry, self._slots, self._hint = worker_id, registry, slots, hint
        self._crew = Crew()
        self._wakeup: Wakeup | None = None
        self._tell_receivers: Callable[[], None] | None = None
        self._passing: asyncio.Task[None] | None = None
        self._hears_all = True
        self._has_news = False
        self._has_missed = False
        """Whether a hint came during a claim, which may not have seen what it was about."""
        self._had_enough = True
        """Whether the last claim brought less than there was room for."""
        self._stands_in, self._awaited_at = False, math.inf
        """Whether this worker, on standby, awaits what becomes due, and when the next task does."""
        self._next = int(chance.random() * 1_000_000)

    @property
    def is_called(self) -> bool:
        return self._wakeup is not None and self._wakeup.is_called

    @property
    def is_on_standby(self) -> bool:
        return not self._crew.is_lookout and self.is_called

    def seldom_on_standby(self, turn: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
        """What the lookouts do for all: on standby only one turn in STANDBY_TURNS is made."""
        turns = count()

        async def made() -> None:
            if next(turns) % STANDBY_TURNS == 0 or not self.is_on_standby:
                await turn()

        return made

    async def run(self, wakeup: Wakeup, tell_receivers: Callable[[], None] | None) -> None:
        """Heed hints until cancelled. `tell_receivers` is for those of broadcasts, which hear everything."""
        self._wakeup, self._tell_receivers = wakeup, tell_receivers
        try:
            while True:
                heard = await wakeup.wait(_LONGEST_WAIT)
                if heard & Hint.WORK and tell_receivers is not None:
                    tell_receivers()
                if heard & Hint.CREW:
                    await self._look_again()
                self._heed(heard)
        finally:
            if self._passing is not None:
                self._passing.cancel()

    async def keep_looking(self, begin: asyncio.Event) -> None:
        """See who is there, now and then. Soon after the first look those are seen, too, who started at the same time:
        until then one may take itself for a lookout that is none."""
        await begin.wait()
        await self._look()
        await asyncio.sleep(_LOOK_AGAIN_AFTER)
        while True:
            await self._look()
            await asyncio.sleep(_pause_with(len(self._crew.others)))

    async def _look(self) -> None:
        before = self._crew
        self._crew = crew_of(self._worker_id, await self._registry.workers(_SEEN_WITHIN))
        self._attune()
        if before == Crew() and self._wakeup is not None and self._crew.lookouts:
            await self._wakeup.call(self._crew.lookouts, Hint.CREW)

    async def leave(self) -> None:
        """Others become lookouts. To be called when the worker is no longer among those that are there."""
        if self._wakeup is not None and self._crew.is_lookout and self._crew.next_lookouts:
            await self._wakeup.call((*self._crew.lookouts, *self._crew.next_lookouts), Hint.CREW)

    def begins_a_claim(self) -> None:
        self._has_missed = False

    def ended_a_claim(self, room: int, got: int) -> None:
        """The first claim that brings all there was room for tells of more: others are called. Those that follow it
        tell nothing new."""
        is_full = got == room
        if is_full and (self._had_enough or self._has_missed):
            self._begin_passing(1 if room == 1 else 2)
        self._had_enough = not is_full
        if not got and asyncio.get_running_loop().time() >= self._awaited_at:
            self._stands_in = False  # somebody else was sooner

    def awaits(self, due_in: float) -> bool:
        """Whether this worker claims when the next task becomes due. The lookouts do, and on standby whoever was
        called: a lookout that calls may have no room by then."""
        if self.is_on_standby and not self._stands_in:
            return False
        self._awaited_at = asyncio.get_running_loop().time() + due_in
        return True

    async def _look_again(self) -> None:
        with contextlib.suppress(StorageError):  # the next look is not far
            await self._look()

    def _attune(self) -> None:
        if self._wakeup is None or not self._wakeup.is_called:
            return
        hears_all = self._crew.is_lookout or self._tell_receivers is not None
        if hears_all is self._hears_all:
            return
        self._hears_all = hears_all
        if hears_all:
            self._wakeup.hear_all()
        else:
            self._wakeup.hear_calls()

    def _heed(self, heard: Hint) -> None:
        if heard & Hint.CALL:
            self._stands_in, self._awaited_at = True, math.inf
        is_for_me = self._crew.is_lookout and bool(heard & Hint.WORK)
        if heard & Hint.CALL or (is_for_me and (self._is_passing or not self._crew.others or self._slots.is_idle)):
            self._has_missed = True  # if a claim is under way
            self._hint.set()
        if self._is_passing:
            self._has_news = self._has_news or is_for_me
        elif is_for_me and not self._slots.is_idle:
            self._begin_passing(1 if self._slots.has_free_slot else 2)

    @property
    def _is_passing(self) -> bool:
        return self._passing is not None and not self._passing.done()

    def _begin_passing(self, number: int) -> None:
        self._has_news = True
        if self._crew.others and not self._is_passing:
            self._passing = asyncio.create_task(self._pass_on(number), name="backstage-calls")

    async def _pass_on(self, number: int) -> None:
        """Call so many others, again and again until this worker has looked itself after the last hint, or cannot."""
        for pause in chain(_PAUSES, repeat(_PAUSES[-1])):
            self._has_news = False
            await self._call(number)
            await asyncio.sleep(pause)
            if self._slots.has_free_slot:
                self._hint.set()
            if not self._has_news and (self._slots.has_free_slot or pause == _PAUSES[-1]):
                return
            number = 1 if self._slots.has_free_slot else 2

    async def _call(self, number: int) -> None:
        """Call the next ones, beginning anywhere."""
        others = self._crew.others
        if self._wakeup is not None and others:
            called = [others[(self._next + each) % len(others)] for each in range(min(number, len(others)))]
            self._next += number
            await self._wakeup.call(called, Hint.CALL)
