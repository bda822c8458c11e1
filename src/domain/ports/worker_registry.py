from __future__ import annotations

from typing import Protocol

from backstage.domain.worker_info import WorkerInfo


class WorkerRegistry(Protocol):
    """Who is alive. For people to look at: leases, not beats, decide who may run what."""

    async def beat(self, worker: WorkerInfo) -> str:
        """Store the worker's state under its id; `seen_at` becomes the store's now.

        Returns the store's generation, an id that it has from when it was made, or emptied, until it is emptied.
        """
        ...

    async def leave(self, worker_id: str) -> None: ...

    async def workers(self, seen_within: float) -> list[WorkerInfo]:
        """Those that beat in the last `seen_within` seconds, by id; forgets those unseen for a day.

        One that is gone is left out: its beat is older than its lease.
        """
        ...
