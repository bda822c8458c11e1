"""What waits where, by the index of lanes: it has the levels of each queue in which a task waits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from urllib.parse import unquote

from backstage.domain.ports.task_queue import ClaimRequest
from backstage.infra.moments import ticks
from backstage.infra.redis.client import Client
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.rows import unpack

_CHECKED_AFTER = 1.0
_QUEUES_CHECKED_IN_A_SECOND = 100
_QUEUES_AT_ONCE = 200
_MOST_LANES_AT_ONCE = 1000

Taken = list[tuple[str, Sequence[Any]]]
"""Queue and the ids and fields of what was claimed from it."""


class Lanes:
    """The scripts keep the index. What a release before it changes beside them is found by a check now and then."""

    def __init__(self, client: Client, directory: Directory) -> None:
        self._client, self._directory = client, directory
        self._checked_at: float | None = None

    async def claim(
        self,
        request: ClaimRequest,
        types: Sequence[str],
        limit: int,
        only: Collection[str] | None,
        without: Collection[str],
        known_control: str | None,
    ) -> tuple[int, float | None, Taken] | None:
        """Claim the first tasks of `only` (None: all queues) but `without`, on one server. None if the control changed.

        Returns now, when the next pending task becomes due, and what was claimed.
        """
        name = self._client.keys.name
        queues = [False if only is None else [name(queue) for queue in only], [name(queue) for queue in without]]
        argument = [request.worker_id, types, limit, ticks(request.lease), *queues]
        [reply] = await self._client.run_each([("claim_across", self._client.keys.store, argument)], known_control)
        if not reply:
            return None
        now, next_due, claimed = unpack(reply)
        return now, float(next_due) if next_due else None, [(unquote(queue), taken) for queue, taken in claimed]

    async def waiting_types(self, types: Collection[str], queues: Iterable[str] | None, limit: int) -> list[str]:
        """Those of the types in which the first `limit` tasks wait, on each of the queues (None: on all together)."""
        keys = [self._client.keys.store] if queues is None else [self._client.keys.queue(queue) for queue in queues]
        found: set[str] = set()
        missing, first, number = dict.fromkeys(keys, limit), 0, 2 * limit
        while missing:
            replies = await self._client.run_each([("find_lanes", key, [first, number]) for key in missing])
            for key, reply in zip(list(missing), replies, strict=True):
                seen, waiting = unpack(reply)
                served = [type_ for type_ in waiting if type_ in types]
                found.update(served[: missing[key]])
                missing[key] -= len(served)
                if missing[key] <= 0 or seen < number:
                    del missing[key]
            first, number = first + number, max(number, min(4 * number, _MOST_LANES_AT_ONCE))
        return sorted(found)

    async def next_due(self) -> tuple[int, float | None]:
        """Now, and when the next pending task of any queue becomes due; on one server."""
        now, next_due = unpack(await self._client.run("next_due_across", self._client.keys.store, []))
        return now, float(next_due) if next_due else None

    async def check(self) -> None:
        """Make the index of queues anew whose lanes it lacks: seldom, for it looks at every queue."""
        now = self._client.time.clock.monotonic()
        if self._checked_at is not None and now < self._checked_at + self._pause:
            return
        self._checked_at = now
        queues = unpack(await self._client.run("find_unindexed", self._client.keys.store, []))
        for first in range(0, len(queues), _QUEUES_AT_ONCE):
            portion = queues[first : first + _QUEUES_AT_ONCE]
            await self._client.run_each([("index_queue", self._client.keys.queue(queue), []) for queue in portion])
        control = await self._directory.latest_control()
        self._pause = _CHECKED_AFTER + len(control.queues) / _QUEUES_CHECKED_IN_A_SECOND

    _pause = _CHECKED_AFTER
