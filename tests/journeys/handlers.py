"""The tasks of the journeys. Each run writes its start into the ledger, and its end when it has one."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import Any

from backstage import Next, TaskContext, handler
from tests.journeys.gate import Gate
from tests.journeys.ledger import Ledger
from tests.journeys.waiting import until


class Broken(Exception):
    """What a handler raises that is to fail."""


def _note(event: str, context: TaskContext) -> None:
    Ledger.of_this_process().write(event, context.task.id, context.fence)


@handler("journey:short")
async def short(payload: Any, context: TaskContext) -> int:
    _note("start", context)
    await asyncio.sleep(payload.get("seconds", 0))
    _note("end", context)
    return os.getpid()


@handler("journey:echo")
async def echo(payload: Any, context: TaskContext) -> Any:
    """Its result is its payload."""
    _note("start", context)
    _note("end", context)
    return payload


@handler("journey:blocking")
async def blocking(payload: Any, context: TaskContext) -> int:
    """Does what no async handler should."""
    _note("start", context)
    time.sleep(payload["seconds"])  # noqa: ASYNC251 - its very purpose
    _note("end", context)
    return os.getpid()


@handler("journey:gated")
async def gated(payload: Any, context: TaskContext) -> int:
    """Runs until its gate is open."""
    _note("start", context)
    gate = Gate(payload["gate"])
    await until("the gate", lambda: gate.is_open, 3600)
    _note("end", context)
    return os.getpid()


@handler("journey:blocking-gated")
async def blocking_gated(payload: Any, context: TaskContext) -> None:
    """Lets nothing else of its worker's loop run until its gate is open."""
    _note("start", context)
    gate = Gate(payload["gate"])
    while not gate.is_open:
        time.sleep(0.01)  # noqa: ASYNC251


@handler("journey:thread")
def in_thread(context: TaskContext) -> None:
    _note("start", context)
    while True:
        time.sleep(0.02)


@handler("journey:process", run_in="process")
def in_process(context: TaskContext) -> None:
    _note("start", context)
    while True:
        time.sleep(0.02)


@handler("journey:killer")
async def killer(context: TaskContext) -> None:
    """Takes its worker with it."""
    _note("start", context)
    os.kill(os.getpid(), signal.SIGKILL)


@handler("journey:flaky")
async def flaky(payload: Any, context: TaskContext) -> None:
    """Fails as often as it is told to."""
    _note("start", context)
    if context.attempt <= payload["failures"]:
        raise Broken(f"failure {context.attempt}")
    _note("end", context)


@handler("journey:chain")
async def chain(payload: Any, context: TaskContext) -> Next | None:
    """Is followed by as many more as it is told."""
    _note("start", context)
    left = payload["left"]
    return Next("journey:chain", {"left": left - 1}) if left else None
