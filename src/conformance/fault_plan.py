from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from enum import Enum
from typing import TypeVar

from backstage.domain.errors import StorageUnavailableError

T = TypeVar("T")


class Fault(Enum):
    """How a call to a store can fail: it never got there, or its answer never came back."""

    REQUEST_LOST = "request lost"
    REPLY_LOST = "reply lost"


class FaultPlan:
    """Which calls fail, in their order: a Fault or None for each; those after the last succeed."""

    def __init__(self, faults: Iterable[Fault | None] = ()) -> None:
        self._faults = iter(faults)

    async def around(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make the call, unless its fault says otherwise; raises StorageUnavailableError for either fault."""
        fault = next(self._faults, None)
        if fault is Fault.REQUEST_LOST:
            raise StorageUnavailableError("injected: the request was lost")
        answer = await call()
        if fault is Fault.REPLY_LOST:
            raise StorageUnavailableError("injected: the reply was lost")
        return answer
