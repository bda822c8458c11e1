"""New, empty stores, each for one measurement: files, databases, and the keys of a Redis server."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from uuid import uuid4

from benchmarks.systems import System
from tests.servers.choice import POSTGRES, REDIS, Choice, choose, version_of
from tests.servers.own_servers import OwnServers
from tests.servers.postgres_server import PostgresServer
from tests.servers.redis_cluster import RedisCluster
from tests.servers.redis_server import RedisServer

POSTGRES_SETTINGS = {
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "max_connections": "1000",
}
"""Beside those of a durable server; what its makers advise for a machine of some size."""
REDIS_SETTINGS = {"appendonly": "yes", "appendfsync": "everysec", "hash_max_ziplist_value": "1024"}
"""What docs/redis.md advises; the last by the name that releases before 7.0 know, too."""


class Stores:
    """Servers are those of TEST_POSTGRES_URL and TEST_REDIS_URL, or started when the first store on them is asked for,
    and ended on leaving."""

    def __init__(self) -> None:
        self._own = OwnServers()
        self.versions: dict[str, str] = {}

    def __enter__(self) -> Stores:
        self._own.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._own.__exit__()

    @contextlib.contextmanager
    def new(self, system: System) -> Iterator[str]:
        """Yield the URL of a store that nobody has used; afterwards it is deleted."""
        make = {"memory": self._memory, "file": self._file, "postgresql": self._database, "redis": self._keys}
        make["cluster"] = self._cluster_keys
        with make[system.store]() as url:
            yield f"{url}{system.options}"

    @contextlib.contextmanager
    def _memory(self) -> Iterator[str]:
        yield "memory://"

    @contextlib.contextmanager
    def _file(self) -> Iterator[str]:
        with tempfile.TemporaryDirectory(prefix="backstage-benchmark-") as folder:
            yield f"sqlite:///{Path(folder) / 'store.db'}"

    @contextlib.contextmanager
    def _database(self) -> Iterator[str]:
        server = self._postgres
        try:
            yield asyncio.run(server.new_database())
        finally:
            asyncio.run(server.drop_databases())

    @contextlib.contextmanager
    def _keys(self) -> Iterator[str]:
        server = self._redis
        try:
            yield server.new_store()
        finally:
            server.delete_prefixes()

    @contextlib.contextmanager
    def _cluster_keys(self) -> Iterator[str]:
        """They stay until the cluster ends, with this object."""
        yield f"{self._cluster.url}?prefix=benchmark-{uuid4().hex}"

    @cached_property
    def _cluster(self) -> RedisCluster:
        """Three nodes of this machine's program."""
        choice = self._noted("redis", choose(REDIS))
        if choice.program is None:
            raise ValueError("a cluster is made of a program that is here, not of TEST_REDIS_URL")
        return self._own.redis_cluster(choice.program)

    @cached_property
    def _postgres(self) -> PostgresServer:
        choice = self._noted("postgresql", choose(POSTGRES))
        if choice.program is None:
            return PostgresServer(str(choice.url))
        return PostgresServer(self._own.postgres(choice.program, **POSTGRES_SETTINGS).url)

    @cached_property
    def _redis(self) -> RedisServer:
        choice = self._noted("redis", choose(REDIS))
        if choice.program is None:
            return RedisServer(str(choice.url))
        return RedisServer(self._own.redis(choice.program, **REDIS_SETTINGS).url)

    def _noted(self, name: str, choice: Choice) -> Choice:
        self.versions[name] = "of the environment" if choice.program is None else version_of(choice.program)
        return choice
