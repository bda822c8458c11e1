"""What every asyncio peer is measured in. Each has a file here with `opened(scene)`, which yields its Session."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from importlib import import_module
from typing import Any, Protocol

from benchmarks.event_loop import run
from benchmarks.measurements.drain import rates_of
from benchmarks.measurements.latency import PAUSE, percentiles
from benchmarks.scene import Scene
from benchmarks.stopwatch import Stopwatch
from benchmarks.worker_processes import processes_of, say_ready, wait_for_go

PRODUCERS, AT_ONCE = 50, 1_000
SETTLING = 0.5
"""Seconds for its worker to come to rest before latency is measured."""


class Session(Protocol):
    async def enqueue(self, n: int) -> None: ...

    async def enqueue_many(self, numbers: Sequence[int]) -> None: ...

    async def work(self, ran: Callable[[int], None], ended: asyncio.Event) -> None:
        """Run tasks, `ran(n)` for each, until `ended` is set."""
        ...


Opened = Callable[..., AbstractAsyncContextManager[Session]]


def measurements_of(peer: str) -> dict[str, Callable[[Scene], Awaitable[dict[str, float]]]]:
    made = {"enqueue_one": _one, "enqueue_concurrently": _concurrently, "enqueue_many": _many, "latency": _latency}
    return {
        **{name: partial(_on_session, measure=measure, peer=peer) for name, measure in made.items()},
        "drain": partial(_drain, peer=peer),
    }


def _opened(peer: str) -> Opened:
    opened: Opened = import_module(f"benchmarks.peers.{peer}").opened
    return opened


async def _on_session(
    scene: Scene, *, measure: Callable[[Session, int], Awaitable[dict[str, float]]], peer: str
) -> dict[str, float]:
    async with _opened(peer)(scene, is_new=True) as session:
        await session.enqueue(-1)
        return await measure(session, scene.tasks)


async def _one(session: Session, tasks: int) -> dict[str, float]:
    watch = Stopwatch()
    for n in range(tasks):
        await session.enqueue(n)
    return watch.rates(tasks)


async def _concurrently(session: Session, tasks: int) -> dict[str, float]:
    async def produce(numbers: range) -> None:
        for n in numbers:
            await session.enqueue(n)

    watch = Stopwatch()
    await asyncio.gather(*(produce(range(first, tasks, PRODUCERS)) for first in range(PRODUCERS)))
    return watch.rates(tasks)


async def _many(session: Session, tasks: int) -> dict[str, float]:
    watch = Stopwatch()
    await _fill(session, tasks)
    return watch.rates(tasks)


async def _fill(session: Session, tasks: int) -> None:
    for first in range(0, tasks, AT_ONCE):
        await session.enqueue_many(range(first, min(tasks, first + AT_ONCE)))


async def _latency(session: Session, tasks: int) -> dict[str, float]:
    asked: dict[int, float] = {}
    arrived: dict[int, float] = {}
    ended = asyncio.Event()
    working = asyncio.create_task(session.work(lambda n: arrived.setdefault(n, time.monotonic()), ended))
    await asyncio.sleep(SETTLING)
    for n in range(tasks):
        await asyncio.sleep(PAUSE)
        asked[n] = time.monotonic()
        await session.enqueue(n)
    while not asked.keys() <= arrived.keys():
        await asyncio.sleep(PAUSE)
    ended.set()
    await working
    return percentiles(asked, arrived)


async def _drain(scene: Scene, *, peer: str) -> dict[str, float]:
    async with _opened(peer)(scene, is_new=True) as session:
        await _fill(session, scene.tasks)
    return await asyncio.to_thread(_drain_in_a_process, scene, peer)


def _drain_in_a_process(scene: Scene, peer: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.peers.python_peer", peer, scene.to_json()]
    with processes_of(command, 1) as [process]:
        process.go()
        return rates_of(scene.tasks, [process.answer()])


async def _drain_here(peer: str, scene: Scene) -> dict[str, Any]:
    """Until each task has run; what is then still to be stored is not counted, to the peer's favour."""
    done, ended, last = set[int](), asyncio.Event(), [0.0, 0.0]

    def ran(n: int) -> None:
        done.add(n)
        if len(done) == scene.tasks:
            last[:] = time.monotonic(), time.process_time()
            loop.call_soon_threadsafe(ended.set)

    loop = asyncio.get_running_loop()
    async with _opened(peer)(scene, is_new=False) as session:
        say_ready()
        wait_for_go()
        begun, cpu_begun = time.monotonic(), time.process_time()
        await session.work(ran, ended)
    return {"begun": begun, "ended": last[0], "cpu_s": last[1] - cpu_begun, "tasks": len(done)}


if __name__ == "__main__":
    run(_drain_here(sys.argv[1], Scene.of_json(sys.argv[2])))
