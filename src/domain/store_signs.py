from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoreSigns:
    """What a store tells at each beat, so that workers need not look for it by themselves.

    Each sign is a text: the same while nothing changes, empty while there is nothing at all. It is None where workers
    have to look at their intervals: there is something to watch, or the store cannot tell.
    """

    subscriptions: str | None = None
    schedules: str | None = None
    bulk: str | None = None
    """Of bulk operations."""
    leases: str | None = None
    """Of what a reclaimer takes back or puts in order."""


NOTHING, SOMETHING = "", None
"""Signs of what only time changes: a lease runs out, and who carries out a bulk operation falls silent."""
UNKNOWN = StoreSigns()
