"""How connections to where a store lies are made. The driver sends nothing twice on them: see servers.py."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Connection, ConnectionPool, RedisCluster, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff

from backstage.infra.redis.location import Location


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


async def close_pool(pool: ConnectionPool, *, inuse_connections: bool = True) -> None:
    await pool.disconnect(inuse_connections)
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


def cluster_of(location: Location) -> RedisCluster:
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
