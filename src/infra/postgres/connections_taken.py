"""How many connections to the server a process takes."""

from __future__ import annotations

from backstage.domain.opening import Opening

_POOL_OF_A_WORKER = 2
"""One claims while the other settles. What handlers enqueue goes together, however many they are."""
_POOL_OF_OTHERS = 8
_BESIDE_THE_POOL = 2
"""A worker's listener, and the one that renews leases, from a thread of its own."""

TAKEN_WHILE_IDLE = 2
"""The listener and one of the pool."""
UNUSED_FOR = 60.0
"""Seconds after which an unused connection is closed; the pool looks so often for those that are hardly used."""


def pool_size(chosen: int | None, opening: Opening) -> int:
    """Return the most connections of the pool; `chosen` is what the URL says."""
    if chosen is not None:
        return chosen
    is_worker = opening in (Opening.WORK, Opening.WORK_AS_IT_IS)
    return _POOL_OF_A_WORKER if is_worker else _POOL_OF_OTHERS


def taken_by_a_worker(chosen: int | None) -> str:
    """Return, for people, how many connections one worker takes."""
    most = pool_size(chosen, Opening.WORK) + _BESIDE_THE_POOL
    return f"a worker takes {TAKEN_WHILE_IDLE} connections while it is idle and up to {most} while it works"
