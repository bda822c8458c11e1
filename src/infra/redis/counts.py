"""The counters of all queues, as their hashes hold them."""

from __future__ import annotations

from backstage.domain.stats import Count, OldestDue
from backstage.infra.redis.any_bytes import shown_bytes
from backstage.infra.redis.client import Client
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.rows import STATES, unpack
from backstage.infra.unreadable_rows import readable


class Counting:
    def __init__(self, client: Client, directory: Directory) -> None:
        self._client, self._directory = client, directory

    async def counts(self, *, of_past: bool = True) -> list[Count]:
        """One row per queue, type and state, sorted by them; `of_past`: of queues, too, that have nothing any more."""
        queues = await (self._directory.all_queues() if of_past else self._directory.queues())
        keys = self._client.keys
        replies = await self._client.commands(*(("HGETALL", f"{keys.queue(queue)}:counts") for queue in queues))
        rows = [row for queue, counts in zip(queues, replies, strict=True) for row in _rows(queue, counts)]
        return sorted(rows, key=lambda row: (row.queue, row.type, row.state))

    async def oldest_due(self) -> list[OldestDue]:
        """One row per queue and type in which a due task waits, sorted by them."""
        queues = sorted(await self._directory.queues())
        replies = await self._client.run_each(
            [("oldest_due", self._client.keys.queue(queue), None) for queue in queues]
        )
        return [
            OldestDue(queue, type_, int(waited) / 1_000_000)
            for queue, reply in zip(queues, replies, strict=True)
            for type_, waited in sorted(unpack(reply))
        ]


def _rows(queue: str, counts: dict[bytes, bytes]) -> list[Count]:
    told = [(shown_bytes(name), number) for name, number in counts.items() if b":" in name]
    numbers = dict(readable("a count", told, lambda each: (each[0], int(each[1]))))
    rows = []
    for name, tasks in numbers.items():
        letter, _, type_ = name.partition(":")
        if letter in STATES:
            rows.append(Count(queue, type_, STATES[letter], tasks, numbers.get(f"{letter.upper()}:{type_}", 0)))
    return rows
