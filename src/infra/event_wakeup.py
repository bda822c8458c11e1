from __future__ import annotations

import asyncio
import contextlib
from hashlib import blake2b

from backstage.domain.hint import Hint


class EventWakeup:
    """The waiting side of a Wakeup: keeps what is heard on the running loop until somebody waits for it."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._heard = Hint.NOTHING

    def wake(self, hint: Hint = Hint.WORK) -> None:
        self._heard |= hint
        self._event.set()

    async def wait(self, timeout: float) -> Hint:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._event.wait()
        self._event.clear()
        heard, self._heard = self._heard, Hint.NOTHING
        return heard


def hint_of(text: str) -> Hint:
    """Return the hint that was sent as a number; one of a later release says that there may be work."""
    return Hint(int(text)) & (Hint.CALL | Hint.CREW) or Hint.WORK if text.isdecimal() else Hint.WORK


def address_of(name: str) -> str:
    """Return what a subscriber's name is in the names of channels and files: short, and of letters and digits."""
    return blake2b(name.encode(), digest_size=8).hexdigest()
