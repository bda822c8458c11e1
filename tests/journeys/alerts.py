"""A task that fails and its durable listener, of which whoever comes first to a named step is killed there."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from backstage import TaskContext, listener
from backstage.domain.events import TaskFailed
from backstage.worker.handling.handler import handler, middleware
from tests.journeys.ledger import Ledger

FAILS = "alerts:fails"
STEPS = ("handler", "unsettled", "settled", "claimed", "listening", "unacknowledged")
KILL_AT = Path("kill-at")
"""In the worker's directory; holds the name of the step."""


def _come_to(step: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        if KILL_AT.read_text() == step:
            KILL_AT.unlink()
            Ledger.of_this_process().write("killed")
            os.kill(os.getpid(), signal.SIGKILL)


@handler(FAILS)
async def fails(context: TaskContext) -> None:
    _come_to("handler")
    raise ValueError("no such address")


@listener("worker-task:failed")
def after_settling(event: TaskFailed) -> None:
    if event.task.type == FAILS:
        _come_to("settled")


@listener("worker-task:failed", durable="alerts")
async def alert(event: TaskFailed) -> None:
    Ledger.of_this_process().write(f"alert {event.id}", event.task.id)
    _come_to("listening")


@middleware
def around(inner: Callable[[TaskContext], Awaitable[Any]]) -> Callable[[TaskContext], Awaitable[Any]]:
    async def run(context: TaskContext) -> Any:
        is_delivery = context.task.type != FAILS
        if is_delivery:
            _come_to("claimed")
        try:
            return await inner(context)
        finally:
            _come_to("unacknowledged" if is_delivery else "unsettled")

    return run
