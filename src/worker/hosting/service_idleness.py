from __future__ import annotations

import asyncio

from backstage.infra.container import Container
from backstage.worker.hosting.processors import Processors
from backstage.worker.runtime.periodic import every
from backstage.worker.watching.background_loop_health import LoopHealths

_LOOK_EVERY = 1.0
"""Seconds at most: no hint tells that nothing is left."""


def watch_for_idleness(container: Container, processors: Processors) -> asyncio.Task[None]:
    """Stop a service's processors once nothing is left to do in any of their queues. No processor can tell by itself:
    another one's task may enqueue into its queue."""
    queue = container.backend.queue

    async def look() -> None:
        if not await queue.is_idle(processors.types, processors.queues):
            return
        if not (whole := processors.whole_queues) or await queue.is_idle(None, whole):
            processors.stop()

    interval, healths = min(container.settings.poll_interval, _LOOK_EVERY), LoopHealths()
    looking = every(interval, "idleness", look, container.chance, container.logger, healths)
    return asyncio.create_task(looking, name="backstage-idleness")
