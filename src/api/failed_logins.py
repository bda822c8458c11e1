from __future__ import annotations

import time
from collections import OrderedDict, deque

from starlette.exceptions import HTTPException

MOST_IN_A_MINUTE = 10
_MINUTE = 60.0
_MOST_ADDRESSES = 10_000


class FailedLogins:
    """Makes whoever tries tokens wait: after ten wrong ones in a minute, an address is told so for each further one.

    A good token is never refused: behind a proxy, all clients may have one address.
    """

    def __init__(self) -> None:
        self._by_address: OrderedDict[str, deque[float]] = OrderedDict()

    def add(self, address: str) -> None:
        """Raises HTTPException 429."""
        now = time.monotonic()
        times = self._by_address.setdefault(address, deque())
        self._by_address.move_to_end(address)
        if len(self._by_address) > _MOST_ADDRESSES:
            self._by_address.popitem(last=False)
        while times and now - times[0] >= _MINUTE:
            times.popleft()
        if len(times) >= MOST_IN_A_MINUTE:
            wait = max(1, round(_MINUTE - (now - times[0])))
            raise HTTPException(429, f"too many wrong tokens: wait {wait} s", {"Retry-After": str(wait)})
        times.append(now)
