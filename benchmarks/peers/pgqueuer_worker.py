"""The process in which PgQueuer drains its queue."""

from __future__ import annotations

import sys
import time

from pgqueuer import PgQueuer
from pgqueuer.models import Job
from pgqueuer.types import QueueExecutionMode

from benchmarks.event_loop import run
from benchmarks.peers.pgqueuer import BATCH, ENTRYPOINT, queries_of
from benchmarks.scene import Scene
from benchmarks.worker_processes import say_ready, wait_for_go


async def _drain(scene: Scene) -> dict[str, float]:
    tasks = 0
    async with queries_of(scene, is_new=False) as (_, pool):
        peer = PgQueuer.from_asyncpg_pool(pool)

        @peer.entrypoint(ENTRYPOINT)
        async def no_op(job: Job) -> None:
            nonlocal tasks
            tasks += 1

        say_ready()
        wait_for_go()
        begun, cpu_begun = time.monotonic(), time.process_time()
        await peer.run(batch_size=BATCH, mode=QueueExecutionMode.drain)
        return {"begun": begun, "ended": time.monotonic(), "cpu_s": time.process_time() - cpu_begun, "tasks": tasks}


if __name__ == "__main__":
    run(_drain(Scene.of_json(sys.argv[1])))
