"""What the three web examples have done in the background."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from backstage import TaskContext, Worker, handler


@dataclass
class Welcome:
    name: str


@handler("welcome:send", timeout=10, max_attempts=3)
async def send(welcome: Welcome, context: TaskContext) -> str:
    context.logger.info("welcomed", name=welcome.name)
    return f"Welcome, {welcome.name}!"


def new_worker() -> Worker:
    """The worker that runs inside the web application; where the load grows, run `backstage worker` beside it."""
    worker = Worker(concurrency=4)
    worker.include(sys.modules[__name__])
    return worker
