"""The least that lies between an enqueue and a handler in another process, with the bare clients: a durable write, a
notice, and a durable claim."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any

import asyncpg
import redis.asyncio

from benchmarks.event_loop import run
from benchmarks.measurements.latency import PAUSE, percentiles
from benchmarks.scene import Scene
from benchmarks.systems import SYSTEMS
from benchmarks.worker_processes import say_ready, worker_processes

Store = Callable[[int], Awaitable[None]]
Arrived = Callable[[int], None]


async def measure(scene: Scene) -> dict[str, float]:
    store = await _PRODUCERS[SYSTEMS[scene.system].backend](scene)
    asked: dict[int, float] = {}
    with worker_processes("benchmarks.measurements.bare_latency", scene, 1) as [process]:
        for n in range(scene.tasks):
            await asyncio.sleep(PAUSE)
            asked[n] = time.monotonic()
            await store(n)
        await asyncio.sleep(PAUSE * 10)
        arrived = await asyncio.to_thread(process.answer)
    return percentiles(asked, {int(n): moment for n, moment in arrived.items()})


async def _to_postgresql(scene: Scene) -> Store:
    connection = await asyncpg.connect(scene.url)
    await connection.execute("CREATE TABLE bare (n bigint PRIMARY KEY, state text)")
    insert = "WITH new AS (INSERT INTO bare VALUES ($1, 'pending') RETURNING n) SELECT pg_notify('bare', '') FROM new"

    async def store(n: int) -> None:
        await connection.fetch(insert, n)

    return store


async def _from_postgresql(scene: Scene, arrived: Arrived) -> None:
    connection, listener = await asyncpg.connect(scene.url), await asyncpg.connect(scene.url)
    claim = """UPDATE bare SET state = 'running' WHERE n IN
               (SELECT n FROM bare WHERE state = 'pending' ORDER BY n LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING n"""
    noticed = asyncio.Event()
    await listener.add_listener("bare", lambda *_: noticed.set())
    await connection.fetch(claim)
    say_ready()
    while True:
        await noticed.wait()
        noticed.clear()
        for row in await connection.fetch(claim):
            arrived(row["n"])


_ADD = """
redis.call('HSET', KEYS[1], 'state', 'pending')
redis.call('RPUSH', KEYS[2], ARGV[1])
redis.call('PUBLISH', KEYS[2], '')
"""
_TAKE = """
local n = redis.call('LPOP', KEYS[2])
if n then redis.call('HSET', KEYS[1] .. n, 'state', 'running') end
return n
"""


def _redis(scene: Scene) -> tuple[Any, str]:
    url, _, prefix = scene.url.partition("?prefix=")
    return redis.asyncio.Redis.from_url(url), f"{{{prefix}}}"


async def _to_redis(scene: Scene) -> Store:
    client, prefix = _redis(scene)
    add = client.register_script(_ADD)

    async def store(n: int) -> None:
        await add(keys=[f"{prefix}{n}", f"{prefix}queue"], args=[n])

    return store


async def _from_redis(scene: Scene, arrived: Arrived) -> None:
    client, prefix = _redis(scene)
    take, listener = client.register_script(_TAKE), client.pubsub()
    await listener.subscribe(f"{prefix}queue")
    await take(keys=[prefix, f"{prefix}queue"])
    say_ready()
    async for _ in listener.listen():
        if (n := await take(keys=[prefix, f"{prefix}queue"])) is not None:
            arrived(int(n))


def _file(scene: Scene) -> sqlite3.Connection:
    connection = sqlite3.connect(scene.path, isolation_level=None, check_same_thread=False, timeout=10)
    for pragma in ("journal_mode = WAL", f"synchronous = {'normal' if 'normal' in scene.url else 'full'}"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


async def _to_sqlite(scene: Scene) -> Store:
    connection = _file(scene)
    connection.execute("CREATE TABLE bare (n INTEGER PRIMARY KEY, state TEXT)")
    os.mkfifo(f"{scene.path}.notice")
    notices = os.open(f"{scene.path}.notice", os.O_RDWR)

    async def store(n: int) -> None:
        connection.execute("INSERT INTO bare VALUES (?, 'pending')", (n,))
        os.write(notices, b".")

    return store


async def _from_sqlite(scene: Scene, arrived: Arrived) -> None:
    notices = os.open(f"{scene.path}.notice", os.O_RDONLY | os.O_NONBLOCK)
    claim = """UPDATE bare SET state = 'running' WHERE n =
               (SELECT n FROM bare WHERE state = 'pending' ORDER BY n LIMIT 1) RETURNING n"""
    with closing(_file(scene)) as connection:

        def look() -> None:
            os.read(notices, 4096)
            for (n,) in connection.execute(claim).fetchall():
                arrived(n)

        asyncio.get_running_loop().add_reader(notices, look)
        say_ready()
        await asyncio.Event().wait()


_PRODUCERS = {"postgresql": _to_postgresql, "redis": _to_redis, "sqlite": _to_sqlite}
_WORKERS = {"postgresql": _from_postgresql, "redis": _from_redis, "sqlite": _from_sqlite}


async def _work_until_input_ends(scene: Scene) -> dict[int, float]:
    arrived: dict[int, float] = {}

    def note(n: int) -> None:
        arrived[n] = time.monotonic()

    working = asyncio.create_task(_WORKERS[SYSTEMS[scene.system].backend](scene, note))
    ended = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    await asyncio.wait([working, ended], return_when=asyncio.FIRST_COMPLETED)
    working.cancel()
    return arrived


if __name__ == "__main__":
    run(_work_until_input_ends(Scene.of_json(sys.argv[1])))
