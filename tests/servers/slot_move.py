"""Moving a slot of a cluster from one node to another, step by step as `redis-cli --cluster reshard` does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import redis.asyncio as redis

from tests.servers.redis_instance import RedisInstance

Nodes = Sequence[RedisInstance]

_KEYS_AT_ONCE = 10


async def move_slot(nodes: Nodes, slot: int, source: int, target: int, *, replace: bool) -> int:
    """Return how many keys were moved. `source` and `target` are places in `nodes`; `replace` is --cluster-replace."""
    moved = 0
    async with opened_slot(nodes, slot, source, target, replace=replace) as move:
        while keys := await keys_in_slot(nodes[source], slot, _KEYS_AT_ONCE):
            await move(keys)
            moved += len(keys)
            await asyncio.sleep(0)  # the load runs on this loop, too
    return moved


@contextlib.asynccontextmanager
async def opened_slot(
    nodes: Nodes, slot: int, source: int, target: int, *, replace: bool = False
) -> AsyncIterator[Callable[[Sequence[str]], Awaitable[None]]]:
    """While it lasts, the slot is on its way; what is yielded moves keys. The rest of them are moved at the end."""
    async with contextlib.AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(redis.Redis.from_url(node.url, decode_responses=True)) for node in nodes
        ]
        ids = [await client.execute_command("CLUSTER MYID") for client in clients]
        options = ["REPLACE"] if replace else []

        async def move(keys: Sequence[str]) -> None:
            if keys:
                to = ("127.0.0.1", nodes[target].port, "", 0, 60_000)
                await clients[source].execute_command("MIGRATE", *to, *options, "KEYS", *keys)

        await clients[target].execute_command("CLUSTER SETSLOT", slot, "IMPORTING", ids[source])
        await clients[source].execute_command("CLUSTER SETSLOT", slot, "MIGRATING", ids[target])
        yield move
        await move(await keys_in_slot(nodes[source], slot))
        for client in (clients[target], clients[source], *clients):
            await client.execute_command("CLUSTER SETSLOT", slot, "NODE", ids[target])


async def keys_in_slot(node: RedisInstance, slot: int, most: int = 100_000) -> list[str]:
    async with redis.Redis.from_url(node.url, decode_responses=True) as client:
        return sorted(await client.execute_command("CLUSTER GETKEYSINSLOT", slot, most))


async def owner_of(nodes: Nodes, key: str) -> tuple[int, int]:
    """The slot of the key, and the place of its owner in `nodes`."""
    async with redis.Redis.from_url(nodes[0].url, decode_responses=True) as client:
        slot = int(await client.execute_command("CLUSTER KEYSLOT", key))
        ranges = await client.execute_command("CLUSTER SLOTS")
    [port] = [each[2][1] for each in ranges if each[0] <= slot <= each[1]]
    return slot, [node.port for node in nodes].index(int(port))
