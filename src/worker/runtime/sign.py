"""What beats tell a loop, so that it need not ask the store by itself (decision 0713)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from backstage.domain.store_signs import NOTHING, StoreSigns
from backstage.worker.runtime.rest import until_set

LOOK_ANYWAY = 60.0
"""Seconds between two looks where no beat tells of anything: what signs cannot tell is found by then."""


class Sign:
    """The rest of a loop from a look until a beat tells of something new. There is none before the first beat, nor
    while the sign is None: then the loop looks at its interval."""

    longest = LOOK_ANYWAY

    def __init__(self) -> None:
        self.stirred = asyncio.Event()
        """Set while there is a reason to look."""
        self._told: str | None = None

    def tell(self, sign: str | None) -> None:
        if sign != self._told:
            self.stirred.set()
        self._told = sign

    @property
    def is_over(self) -> bool:
        return self._told is None or self.stirred.is_set()

    async def wait(self) -> None:
        if self._told is not None:
            await until_set(self.stirred, self.longest)

    def longest_after(self, interval: float) -> float:
        """How long a loop of that interval may sleep that wakes when it is stirred."""
        return interval if self._told is None else self.longest

    def heeding(self, turn: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
        """The turn of a loop that rests so. After an error, or when it returns that there is more to do, it is made
        again at the interval."""

        async def look() -> None:
            self.stirred.clear()
            is_done = False
            try:
                is_done = not await turn()
            finally:
                if not is_done:
                    self.stirred.set()

        return look


class Presence(Sign):
    """The sign of what is there or not, and changes by itself while it is there. What is not there needs no look."""

    def tell(self, sign: str | None) -> None:
        super().tell(sign)
        if sign == NOTHING:
            self.stirred.clear()


_PRESENCES = ("bulk", "leases")


class Signs:
    """Those of one worker."""

    def __init__(self, beat_interval: float) -> None:
        self._beat_interval = beat_interval
        self._by_name: dict[str, Sign] = {}

    def of(self, name: str, interval: float) -> Sign:
        """The sign of that name in StoreSigns, for a loop of that interval. One that is to look more often than the
        worker beats is told nothing."""
        sign = Presence() if name in _PRESENCES else Sign()
        if interval >= self._beat_interval:
            self._by_name[name] = sign
        return sign

    def tell(self, signs: StoreSigns) -> None:
        for name, sign in self._by_name.items():
            sign.tell(getattr(signs, name))
