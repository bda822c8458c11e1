"""PgQueuer at the best settings that were found: batches of 1,000, a pool of 5 connections, finished jobs logged."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from pgqueuer import PgQueuer, Queries
from pgqueuer.models import Job
from pgqueuer.types import QueueExecutionMode

from benchmarks.measurements.drain import rates_of
from benchmarks.measurements.latency import PAUSE, percentiles
from benchmarks.scene import Scene
from benchmarks.stopwatch import Stopwatch
from benchmarks.worker_processes import worker_processes

ENTRYPOINT, BATCH, POOL = "no-op", 1_000, 5
FILLED_AT_ONCE = 1_000


@asynccontextmanager
async def queries_of(scene: Scene, *, is_new: bool = True) -> AsyncIterator[tuple[Queries, asyncpg.Pool]]:
    logging.getLogger("pgqueuer").setLevel(logging.WARNING)
    async with asyncpg.create_pool(scene.url, min_size=POOL, max_size=POOL) as pool:
        queries = Queries.from_asyncpg_pool(pool)
        if is_new:
            await queries.install()
        yield queries, pool


async def enqueue_one(scene: Scene) -> dict[str, float]:
    async with queries_of(scene) as (queries, _):
        await queries.enqueue(ENTRYPOINT, _payload(-1))
        watch = Stopwatch()
        for n in range(scene.tasks):
            await queries.enqueue(ENTRYPOINT, _payload(n))
        return watch.rates(scene.tasks)


async def enqueue_many(scene: Scene) -> dict[str, float]:
    async with queries_of(scene) as (queries, _):
        await queries.enqueue(ENTRYPOINT, _payload(-1))
        watch = Stopwatch()
        await _fill(queries, scene.tasks)
        return watch.rates(scene.tasks)


async def drain(scene: Scene) -> dict[str, float]:
    async with queries_of(scene) as (queries, _):
        await _fill(queries, scene.tasks)
    return await asyncio.to_thread(_drain_in_processes, scene)


def _drain_in_processes(scene: Scene) -> dict[str, float]:
    with worker_processes("benchmarks.peers.pgqueuer_worker", scene, scene.processes) as processes:
        for each in processes:
            each.go()
        return rates_of(scene.tasks, [each.answer() for each in processes])


async def latency(scene: Scene) -> dict[str, float]:
    asked: dict[int, float] = {}
    arrived: dict[int, float] = {}
    async with queries_of(scene) as (queries, pool):
        peer = PgQueuer.from_asyncpg_pool(pool)

        @peer.entrypoint(ENTRYPOINT)
        async def note(job: Job) -> None:
            arrived[json.loads(job.payload or b"{}")["n"]] = time.monotonic()

        working = asyncio.create_task(peer.run(batch_size=BATCH, mode=QueueExecutionMode.continuous))
        await asyncio.sleep(PAUSE * 50)
        for n in range(scene.tasks):
            await asyncio.sleep(PAUSE)
            asked[n] = time.monotonic()
            await queries.enqueue(ENTRYPOINT, _payload(n))
        while len(arrived) < scene.tasks:
            await asyncio.sleep(PAUSE)
        peer.shutdown.set()
        await working
    return percentiles(asked, arrived)


async def _fill(queries: Queries, tasks: int) -> None:
    for first in range(0, tasks, FILLED_AT_ONCE):
        numbers = range(first, min(tasks, first + FILLED_AT_ONCE))
        await queries.enqueue([ENTRYPOINT] * len(numbers), [_payload(n) for n in numbers], [0] * len(numbers))


def _payload(n: int) -> bytes:
    return b'{"n":%d}' % n


MEASUREMENTS = {"enqueue_one": enqueue_one, "enqueue_many": enqueue_many, "drain": drain, "latency": latency}
