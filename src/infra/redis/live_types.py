from __future__ import annotations

from collections.abc import Collection

from backstage.infra.redis.any_bytes import shown_bytes
from backstage.infra.redis.link import Link

_LIVE = (b"p:", b"r:")


async def live_types(link: Link, queues: Collection[str]) -> frozenset[str]:
    """The types of which one of the queues has pending or running tasks, as its counters say."""
    replies = await link.commands(*(("HGETALL", f"{link.keys.queue(queue)}:counts") for queue in queues))
    return frozenset(
        shown_bytes(name[2:])
        for counts in replies
        for name, number in counts.items()
        if name[:2] in _LIVE and int(number) > 0
    )
