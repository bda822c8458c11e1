"""Connections to where the keys lie: one server, whichever server Sentinel names, or a cluster.

Nothing is sent twice by the driver: a write whose reply was lost may have happened, and whoever asked decides. A call
that times out takes its connection with it, so that nobody reads a reply which was meant for another.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar

from redis.asyncio import RedisCluster
from redis.asyncio.cluster import ClusterNode
from redis.exceptions import ClusterError, ResponseError, TryAgainError

from backstage.infra.connection_epoch import ConnectionEpoch
from backstage.infra.redis.connections import close_pool, cluster_of, pool_of
from backstage.infra.redis.location import Location
from backstage.infra.redis.shared_connection import Command
from backstage.infra.redis.shared_server import SharedServer
from backstage.infra.redis.store_errors import is_of_another_server

T = TypeVar("T")

_CALLS_AT_ONCE = 32
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.25
"""Seconds between two tries of a command whose slot is being moved."""


class Servers(Protocol):
    async def send(self, commands: Sequence[Command]) -> list[Any]:
        """Send the commands together; one reply each, in order. An error that the server replied is a value here.

        Those of one server are made in their order. Raises what the driver raises when there is no reply.
        """
        ...

    async def send_each(self, command_for: Callable[[str], Command]) -> dict[str, Any]:
        """Send a command to every server that has keys of the store; the replies are by the server's name."""
        ...

    async def close(self) -> None: ...


def servers_at(location: Location, epoch: ConnectionEpoch) -> Servers:
    """Not yet connected; for use on the running loop alone. A server that serves the store no more ends the epoch."""
    if location.kind == "cluster":
        return _Cluster(location, epoch)
    if location.wait_replicas:
        return _WaitingServer(location, epoch)
    return SharedServer(location, epoch)


class _WaitingServer:
    """One server; each call has a connection for itself, for WAIT holds up what is behind it on the same one."""

    def __init__(self, location: Location, epoch: ConnectionEpoch) -> None:
        self._location, self._epoch, self._number = location, epoch, epoch.number
        self._pool = pool_of(location)
        self._room = asyncio.Semaphore(_CALLS_AT_ONCE)

    async def send(self, commands: Sequence[Command]) -> list[Any]:
        return await propagating_cancel(self._send(commands))

    async def _send(self, commands: Sequence[Command]) -> list[Any]:
        async with self._room:
            if self._number != self._epoch.number:
                await self._begin_anew()
            pool, number = self._pool, self._number
            connection: Any = await pool.get_connection()  # type: ignore[no-untyped-call]
            is_done = False
            try:
                await connection.send_packed_command(connection.pack_commands(commands), check_health=False)
                replies = [await _reply(connection) for _ in commands]
                if any(map(_is_refusal, replies)):
                    self._epoch.end(number)
                is_done = number == self._epoch.number
            except BaseException as error:
                if is_of_another_server(error):
                    self._epoch.end(number)
                raise
            finally:
                if not is_done:
                    await connection.disconnect(nowait=True)
                await pool.release(connection)
        return replies

    async def _begin_anew(self) -> None:
        """Leave the connections of the last epoch; those in use are closed by whoever uses them."""
        left, self._pool, self._number = self._pool, pool_of(self._location), self._epoch.number
        await close_pool(left, inuse_connections=False)

    async def send_each(self, command_for: Callable[[str], Command]) -> dict[str, Any]:
        return dict(zip([""], await self.send([command_for("")]), strict=True))

    async def close(self) -> None:
        await close_pool(self._pool)


async def _reply(connection: Any) -> Any:
    try:
        return await connection.read_response(disconnect_on_error=False)
    except ResponseError as error:
        return error


def _is_refusal(reply: Any) -> bool:
    return isinstance(reply, ResponseError) and is_of_another_server(reply)


class _Cluster:
    """A command waits for `socket_timeout` while the cluster moves the slot of its key.

    The driver's client forgets the names of the URL once it knows the nodes; one that is made anew asks for them.
    """

    def __init__(self, location: Location, epoch: ConnectionEpoch) -> None:
        self._location, self._epoch, self._number = location, epoch, epoch.number
        self._cluster = cluster_of(location)
        self._users: Counter[RedisCluster] = Counter()
        self._room = asyncio.Semaphore(_CALLS_AT_ONCE)

    async def send(self, commands: Sequence[Command]) -> list[Any]:
        return await propagating_cancel(self._send(commands))

    async def _send(self, commands: Sequence[Command]) -> list[Any]:
        async with self._borrowed() as cluster:
            number = self._number
            replies = list(await asyncio.gather(*(self._send_one(cluster, command) for command in commands)))
            if any(map(_is_refusal, replies)):
                self._epoch.end(number)
            return replies

    async def _send_one(self, cluster: RedisCluster, command: Command) -> Any:
        """Nothing was done where the slot is being moved: the command is sent again until it has one owner."""
        now, pause = asyncio.get_running_loop().time, _FIRST_PAUSE
        given_up_at = now() + self._location.socket_timeout
        while True:
            reply = await self._tried(cluster, command)
            if not isinstance(reply, TryAgainError) or now() + pause > given_up_at:
                return reply
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _tried(self, cluster: RedisCluster, command: Command) -> Any:
        async with self._room:
            try:
                return await cluster.execute_command(*command)
            except ResponseError as error:
                return error
            except ClusterError as error:  # the driver was sent to and fro
                return TryAgainError(f"TRYAGAIN the cluster moves the slot of the queue ({error})")

    async def send_each(self, command_for: Callable[[str], Command]) -> dict[str, Any]:
        return await propagating_cancel(self._send_each(command_for))

    async def _send_each(self, command_for: Callable[[str], Command]) -> dict[str, Any]:
        async with self._borrowed() as cluster:
            await cluster.initialize()
            nodes = cluster.get_primaries()
            return {node.name: await self._send_to(cluster, node, command_for(node.name)) for node in nodes}

    async def _send_to(self, cluster: RedisCluster, node: ClusterNode, command: Command) -> Any:
        try:
            return await cluster.execute_command(*command, target_nodes=node)
        except ResponseError as error:
            return error

    @contextlib.asynccontextmanager
    async def _borrowed(self) -> AsyncIterator[RedisCluster]:
        if self._number != self._epoch.number:
            await self._begin_anew()
        cluster, number = self._cluster, self._number
        self._users[cluster] += 1
        try:
            yield cluster
        except BaseException as error:
            if is_of_another_server(error):
                self._epoch.end(number)
            raise
        finally:
            self._users[cluster] -= 1
            if cluster is not self._cluster:
                await self._close_unused(cluster)

    async def _begin_anew(self) -> None:
        left, self._cluster, self._number = self._cluster, cluster_of(self._location), self._epoch.number
        await self._close_unused(left)

    async def _close_unused(self, cluster: RedisCluster) -> None:
        if not self._users[cluster]:
            del self._users[cluster]
            await cluster.aclose()

    async def close(self) -> None:
        for cluster in {self._cluster, *self._users}:
            await cluster.aclose()


async def propagating_cancel(call: Awaitable[T]) -> T:
    """Make the call, and end as cancelled if this task was cancelled within it, whatever the call made of that.

    The driver sends through `asyncio.wait_for`, which in Python 3.11 returns as if nothing had happened when the cancel
    comes in the same turn of the loop as the end of the sending (CPython issue 86296). A loop that was to end would go
    on for ever.
    """
    task = asyncio.current_task()
    assert task is not None
    before = task.cancelling()
    result = await call
    if task.cancelling() > before:
        raise asyncio.CancelledError
    return result
