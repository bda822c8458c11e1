from __future__ import annotations

from collections.abc import Collection

from backstage.infra.redis.any_bytes import shown_bytes
from backstage.infra.redis.client import Client

_LIVE = (b"p:", b"r:")


async def live_types(client: Client, queues: Collection[str]) -> frozenset[str]:
    """The types of which one of the queues has pending or running tasks, as its counters say."""
    replies = await client.commands(*(("HGETALL", f"{client.keys.queue(queue)}:counts") for queue in queues))
    return frozenset(
        shown_bytes(name[2:])
        for counts in replies
        for name, number in counts.items()
        if name[:2] in _LIVE and int(number) > 0
    )
