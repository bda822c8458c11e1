"""Many workers, each in a process of its own: forked from one that has imported everything, so that two hundred start
in seconds. Run as a module, it writes READY when all are ready, and the answers of all as one line of JSON."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

from backstage.worker.command import cycle_collector
from backstage.worker.executing.tied_process import tie_to_parent
from benchmarks.event_loop import run
from benchmarks.measurements.drain import drain
from benchmarks.opened_worker import load_all_of, no_op, worker_for
from benchmarks.scene import TASK_TYPE, Scene
from benchmarks.worker_processes import say_ready

Told = Callable[[], Awaitable[None]]
"""Says that this worker is ready, and returns when all are told to go on."""


async def _drain(scene: Scene, told: Told) -> dict[str, float]:
    worker = worker_for(scene, until_idle=True)
    worker.on(TASK_TYPE, no_op)
    async with worker:
        await told()
        return await drain(worker)


async def _wait_for_tasks(scene: Scene, told: Told) -> dict[str, Any]:
    """The moments of its claims, and when which task arrived."""
    worker = worker_for(scene)
    claims, arrived = list[float](), dict[int, float]()

    async def note(payload: Any) -> None:
        arrived[payload["n"]] = time.monotonic()

    worker.on(TASK_TYPE, note)
    async with worker:
        _note_claims(worker.backstage.backend.queue, claims)
        await worker.start()
        await told()
    return {"claims": claims, "arrived": arrived}


def _note_claims(queue: Any, claims: list[float]) -> None:
    """Wherever this store's queue has its method: in its class, or in itself."""
    holder = type(queue) if hasattr(type(queue), "claim") else queue
    claim = holder.claim

    def noted(*arguments: Any, **options: Any) -> Any:
        claims.append(time.monotonic())
        return claim(*arguments, **options)

    holder.claim = noted


_JOBS = {"drain": _drain, "wait": _wait_for_tasks}


def main(job: str, scene: Scene) -> None:
    ready, to_say = os.pipe()
    go, to_close = os.pipe()
    asyncio.run(load_all_of(worker_for(scene)))
    answers = [_forked(job, scene, to_say, go, to_close) for _ in range(scene.processes)]
    os.close(to_say)
    waiting = scene.processes
    while waiting:
        waiting -= len(said := os.read(ready, waiting))
        if not said:
            raise ChildProcessError(f"{waiting} of {scene.processes} workers ended before they were ready")
    say_ready()
    sys.stdin.readline()
    os.close(to_close)
    print(json.dumps([json.loads(_read(answer)) for answer in answers]), flush=True)


def _forked(job: str, scene: Scene, to_say: int, go: int, to_close: int) -> int:
    """Start a child; return the pipe that its answer comes from."""
    answer, to_write = os.pipe()
    parent = os.getpid()
    if os.fork():
        os.close(to_write)
        return answer
    tie_to_parent(parent, signal.SIGTERM)
    os.close(to_close)
    os.dup2(to_write, sys.stdout.fileno())
    os.close(to_write)

    async def told() -> None:
        os.write(to_say, b".")
        await asyncio.to_thread(os.read, go, 1)  # until the parent closes its side

    cycle_collector.look_less_often()  # as `python -m worker.run` does
    try:
        run(_JOBS[job](scene, told))
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _read(pipe: int) -> bytes:
    with os.fdopen(pipe, "rb") as file:
        return file.read()


if __name__ == "__main__":
    main(sys.argv[1], Scene.of_json(sys.argv[2]))
