"""Servers for one test alone, which may kill, freeze and fill them. They are durable, as production's are."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from tests.servers.postgres_instance import PostgresInstance
from tests.servers.redis_cluster import RedisCluster
from tests.servers.redis_instance import RedisInstance
from tests.servers.redis_sentinel import RedisSentinel
from tests.servers.small_disk import small_disk
from tests.servers.unprivileged import new_folder, server_user


class _Server(Protocol):
    """One server or several. To kill what has not started is to do nothing."""

    def start(self) -> None: ...
    def kill(self) -> None: ...


class OwnServers:
    """Makes servers, and on leaving ends all that it made, with all that they stored."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def __enter__(self) -> OwnServers:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def postgres(self, program: Path, *, disk: int | None = None, **settings: str) -> PostgresInstance:
        """A started server; `disk` is the room that it has, in MiB, `settings` are those of postgresql.conf."""
        server = PostgresInstance(program, self._folder("postgres", disk), durable=True, settings=settings)
        self._start(server)
        return server

    def redis(self, program: Path, *, disk: int | None = None, **settings: str) -> RedisInstance:
        """The same; an underscore in a setting's name is the hyphen of redis.conf."""
        settings = {name.replace("_", "-"): value for name, value in settings.items()}
        server = RedisInstance(program, self._folder("redis", disk), durable=True, settings=settings)
        self._start(server)
        return server

    def redis_cluster(self, program: Path) -> RedisCluster:
        cluster = RedisCluster(program, [self._folder("cluster") for _ in range(3)])
        self._start(cluster)
        return cluster

    def redis_sentinel(self, program: Path) -> RedisSentinel:
        sentinel = RedisSentinel(program, [self._folder("sentinel") for _ in range(5)])
        self._start(sentinel)
        return sentinel

    def _start(self, server: _Server) -> None:
        self._stack.callback(server.kill)
        server.start()

    def _folder(self, name: str, disk: int | None = None) -> Path:
        folder = new_folder(name)
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        if disk is None:
            return folder
        return self._stack.enter_context(small_disk(folder / "disk", disk, server_user()))
