from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class StoreReading(Generic[T]):
    """What the store last answered to a question, which is asked anew for whoever finds it older than `kept_for`.

    The question is put on the worker's loop, where the store's connections are, and waited for on the caller's loop
    for `patience` seconds; callers that come together wait for one answer. An error is kept as long as an answer.
    """

    def __init__(
        self,
        ask: Callable[[], Coroutine[Any, Any, T]],
        home: asyncio.AbstractEventLoop,
        *,
        kept_for: float,
        patience: float,
    ) -> None:
        self._ask, self._home = ask, home
        self._kept_for, self._patience = kept_for, patience
        self._asking = asyncio.Lock()
        self._asked_at = float("-inf")
        self.answered_at = float("-inf")
        """By the monotonic clock."""
        self.answer: T | None = None
        """The latest there was, however old."""
        self.problem: str | None = "was not asked yet"
        """Why the latest question has no answer, in one line; None when it has."""

    async def refresh(self) -> None:
        """Return when it is fresh, or cannot be."""
        async with self._asking:
            if time.monotonic() - self._asked_at < self._kept_for:
                return
            try:
                asked = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._ask(), self._home))
                self.answer = await asyncio.wait_for(asked, self._patience)
            except TimeoutError:
                self.problem = f"no answer within {self._patience:g} s"
            except Exception as error:  # whatever it is: a status must be told, above all of what is broken
                self.problem = str(error) or type(error).__name__
            else:
                self.problem, self.answered_at = None, time.monotonic()
            self._asked_at = time.monotonic()
