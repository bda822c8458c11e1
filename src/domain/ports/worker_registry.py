from __future__ import annotations

from typing import Protocol

from backstage.domain.worker_info import WorkerInfo
from backstage.domain.worker_order import BeatAnswer, WorkerOrder, WorkerStacks


class WorkerRegistry(Protocol):
    """Who is alive, and what is asked of whom. Leases, not beats, decide who may run what."""

    async def beat(self, worker: WorkerInfo) -> BeatAnswer:
        """Store the worker's state under its id; `seen_at` becomes the store's now, and `order` stays what was given.

        Returns what is asked of the worker, and what there is in the store to look for. One write.
        """
        ...

    async def leave(self, worker_id: str) -> None:
        """Forget the worker, and what was asked of it."""
        ...

    async def workers(self, seen_within: float) -> list[WorkerInfo]:
        """Those that beat in the last `seen_within` seconds, by id; forgets those unseen for a day.

        One that is gone is left out: its beat is older than its lease.
        """
        ...

    async def give_order(self, worker_id: str, order: WorkerOrder) -> bool:
        """From its next beat on the worker is told so. Returns False if there is no such worker."""
        ...

    async def request_stacks(self, worker_id: str, request: str) -> str | None:
        """Ask the worker for its stacks under that id, if nobody has asked yet; the next beat tells it.

        Returns the id under which they will come: of a request that waits already, or the new one. None if there is no
        such worker.
        """
        ...

    async def put_stacks(self, worker_id: str, stacks: WorkerStacks) -> None:
        """Keep the answer to a request, in place of the one before; the request waits no more."""
        ...

    async def stacks(self, worker_id: str) -> WorkerStacks | None:
        """Return the worker's last answer."""
        ...
