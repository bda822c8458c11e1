"""One awaited enqueue; the same statements made again on the bare client; and enqueue in blocking form, by turns.

`slowest` is how many times the median the slowest of a hundred takes.
"""

from __future__ import annotations

import asyncio
import time
from statistics import median

from backstage import Container
from backstage.integrations.blocking_container import BlockingContainer
from backstage.ports import Opening
from benchmarks.bare import Call, recording_of, replayer_of
from benchmarks.scene import TASK_TYPE, Scene

AT_ONCE = 100


async def measure(scene: Scene) -> dict[str, float]:
    recorded_url, replayed_url = scene.more_urls
    for url in (scene.url, *scene.more_urls):
        await begin(url)
    groups = await _recorded(scene, recorded_url)
    ours, bare, blocking = list[list[float]](), list[list[float]](), list[list[float]]()
    options = {"recorded_url": recorded_url} if scene.url.startswith("redis") else {}
    blocking_form = BlockingContainer(scene.url, log_level="warning")
    async with (
        Container.open(scene.url, log_level="warning") as backstage,
        replayer_of(scene)(replayed_url, **options) as replayer,
    ):
        await backstage.enqueue(TASK_TYPE, scene.payload(-1))
        await asyncio.to_thread(blocking_form.enqueue, TASK_TYPE, scene.payload(-1))
        for number, group in enumerate(groups):
            waits = list[float]()
            for calls in group:
                begun = time.perf_counter()
                await replayer.replay(calls)
                waits.append(time.perf_counter() - begun)
            bare.append(waits)
            waits = []
            for n in range(number * AT_ONCE, (number + 1) * AT_ONCE):
                begun = time.perf_counter()
                await backstage.enqueue(TASK_TYPE, scene.payload(n))
                waits.append(time.perf_counter() - begun)
            ours.append(waits)
            blocking.append(await asyncio.to_thread(_blocking, blocking_form, scene))
    await asyncio.to_thread(blocking_form.close)
    return {
        "tasks_per_s": 1 / median(map(_mean, ours)),
        "bare_per_s": 1 / median(map(_mean, bare)),
        "of_bare": median(_mean(one) / _mean(other) for one, other in zip(bare, ours, strict=True)),
        "blocking_per_s": 1 / median(map(_mean, blocking)),
        "blocking_of_awaited": median(_mean(one) / _mean(other) for one, other in zip(ours, blocking, strict=True)),
        "slowest": median(max(waits) / median(waits) for waits in ours),
        "bare_slowest": median(max(waits) / median(waits) for waits in bare),
    }


async def make_store(url: str) -> None:
    async with Container.open(url, log_level="warning") as backstage:
        await backstage.backend.open(Opening.WORK)


async def begin(url: str) -> None:
    """Make the store, and whatever the first of its queue leaves to be done."""
    await make_store(url)
    async with Container.open(url, log_level="warning") as backstage:
        await backstage.enqueue(TASK_TYPE, {"n": -1})


async def _recorded(scene: Scene, url: str) -> list[list[list[Call]]]:
    """What each enqueue of ours asks of the store, in groups of a hundred."""
    async with recording_of(scene)(url) as (through, calls), Container.open(through, log_level="warning") as backstage:
        await backstage.enqueue(TASK_TYPE, scene.payload(-1))
        groups = []
        for first in range(0, scene.tasks, AT_ONCE):
            group = []
            for n in range(first, first + AT_ONCE):
                calls.clear()
                await backstage.enqueue(TASK_TYPE, scene.payload(n))
                if not calls:
                    raise RuntimeError("an enqueue asked the store for nothing that could be recorded")
                group.append([*calls])
            groups.append(group)
        return groups


def _blocking(container: BlockingContainer, scene: Scene) -> list[float]:
    """In a thread without a loop."""
    waits = list[float]()
    for n in range(AT_ONCE):
        begun = time.perf_counter()
        container.enqueue(TASK_TYPE, scene.payload(n))
        waits.append(time.perf_counter() - begun)
    return waits


def _mean(waits: list[float]) -> float:
    return sum(waits) / len(waits)
