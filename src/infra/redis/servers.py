"""Connections to where the keys lie: one server, whichever server Sentinel names, or a cluster.

Nothing is sent twice by the driver: a write whose reply was lost may have happened, and whoever asked decides. A call
that is cancelled or times out takes its connection with it, so that nobody reads a reply which was meant for another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from redis.asyncio import Connection, ConnectionPool, RedisCluster, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import ClusterError, ResponseError, TryAgainError

from backstage.infra.redis.location import Location

Command = tuple[str | bytes | int, ...]

_CALLS_AT_ONCE = 32
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.25
"""Seconds between two tries of a command whose slot is being moved."""


class Servers(Protocol):
    async def send(self, commands: Sequence[Command]) -> list[Any]:
        """Send the commands together; one reply each, in order. An error that the server replied is a value here.

        Those of one server are made in their order. Raises what the driver raises when there is no reply.
        """
        ...

    async def send_all(self, command: Command) -> list[Any]:
        """Send the command to every server that has keys of the store, with replies as those of `send`."""
        ...

    async def close(self) -> None: ...


def servers_at(location: Location) -> Servers:
    """Not yet connected; for use on the running loop alone."""
    if location.kind == "cluster":
        return _Cluster(cluster_client(location), location.socket_timeout)
    return _OneServer(pool_of(location))


class _OneServer:
    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._room = asyncio.Semaphore(_CALLS_AT_ONCE)

    async def send(self, commands: Sequence[Command]) -> list[Any]:
        async with self._room:
            connection: Any = await self._pool.get_connection()  # type: ignore[no-untyped-call]
            is_done = False
            try:
                await connection.send_packed_command(connection.pack_commands(commands), check_health=False)
                replies = [await _reply(connection) for _ in commands]
                is_done = True
            finally:
                if not is_done:
                    await connection.disconnect(nowait=True)
                await self._pool.release(connection)
        return replies

    async def send_all(self, command: Command) -> list[Any]:
        return await self.send([command])

    async def close(self) -> None:
        await close_pool(self._pool)


async def _reply(connection: Any) -> Any:
    try:
        return await connection.read_response(disconnect_on_error=False)
    except ResponseError as error:
        return error


class _Cluster:
    """`patience`: seconds for which a command waits while the cluster moves the slot of its key."""

    def __init__(self, client: RedisCluster, patience: float) -> None:
        self._client, self._patience = client, patience
        self._room = asyncio.Semaphore(_CALLS_AT_ONCE)

    async def send(self, commands: Sequence[Command]) -> list[Any]:
        return list(await asyncio.gather(*(self._send_one(command) for command in commands)))

    async def _send_one(self, command: Command) -> Any:
        """Nothing was done where the slot is being moved: the command is sent again until it has one owner."""
        now, pause = asyncio.get_running_loop().time, _FIRST_PAUSE
        given_up_at = now() + self._patience
        while True:
            reply = await self._tried(command)
            if not isinstance(reply, TryAgainError) or now() + pause > given_up_at:
                return reply
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _tried(self, command: Command) -> Any:
        async with self._room:
            try:
                return await self._client.execute_command(*command)
            except ResponseError as error:
                return error
            except ClusterError as error:  # the driver was sent to and fro
                return TryAgainError(f"TRYAGAIN the cluster moves the slot of the queue ({error})")

    async def send_all(self, command: Command) -> list[Any]:
        await self._client.initialize()
        return [await self._send_to(node, command) for node in self._client.get_primaries()]

    async def _send_to(self, node: ClusterNode, command: Command) -> Any:
        try:
            return await self._client.execute_command(*command, target_nodes=node)
        except ResponseError as error:
            return error

    async def close(self) -> None:
        await self._client.aclose()


def pool_of(location: Location) -> ConnectionPool:
    """Connections to the one server, whichever of the service's it is now."""
    options = _options(location) | {"db": location.database}
    if location.kind == "unix":
        return ConnectionPool(connection_class=UnixDomainSocketConnection, path=location.path, **options)
    if location.kind == "sentinel":
        return _sentinel_pool(location, options)
    (host, port), *_ = location.hosts
    kind = Connection if location.tls is None else SSLConnection
    return ConnectionPool(connection_class=kind, host=host, port=port, **_tcp(location), **options)


async def close_pool(pool: ConnectionPool) -> None:
    await pool.disconnect()
    if isinstance(pool, SentinelConnectionPool):
        for sentinel in pool.sentinel_manager.sentinels:
            await sentinel.aclose()


def _sentinel_pool(location: Location, options: dict[str, Any]) -> ConnectionPool:
    asked = _options(location) | _tcp(location) | {"ssl": location.tls is not None}
    asked |= {"username": location.sentinel_username, "password": location.sentinel_password}
    asked["protocol"] = 2  # of what Sentinel says in RESP3, redis-py 6 reads nothing
    sentinel = Sentinel(location.hosts, sentinel_kwargs=asked)  # type: ignore[no-untyped-call]
    options = options | _tcp(location) | {"ssl": location.tls is not None}
    return SentinelConnectionPool(location.service, sentinel, **options)  # type: ignore[no-untyped-call]


def cluster_client(location: Location) -> RedisCluster:
    """The driver follows MOVED and ASK, which say that nothing was done yet. It keeps its connections when it does, for
    others wait for replies on them."""
    options = _options(location) | _tcp(location) | {"ssl": location.tls is not None}
    options.pop("retry")
    seeds = [ClusterNode(host, port) for host, port in location.hosts]
    return RedisCluster(startup_nodes=seeds, retry=Retry(NoBackoff(), 0), reinitialize_steps=0, **options)


def _options(location: Location) -> dict[str, Any]:
    return {
        "username": location.username,
        "password": location.password,
        "socket_timeout": location.socket_timeout,
        "socket_connect_timeout": location.socket_timeout,
        "health_check_interval": 0,
        "protocol": 3,
        "client_name": "backstage",
        "retry": Retry(NoBackoff(), 0),
    }


def _tcp(location: Location) -> dict[str, Any]:
    return {"socket_keepalive": True} | dict(location.tls or {})
