"""A handler within recovery and timeout, in one coroutine and in layers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

from backstage.domain.retry_policy import RetryPolicy
from backstage.domain.task import Task
from backstage.worker.executing.direct_run import direct_run
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.current_run import current_run
from backstage.worker.handling.middleware import Run, compose
from backstage.worker.handling.run_limits import RunLimits
from backstage.worker.middleware.deadlines import Deadlines
from backstage.worker.middleware.recovery import recovery
from backstage.worker.middleware.timeout import timeout

Handler = Callable[[], Awaitable[Any]]


async def _gives_a_value() -> str:
    return "value"


async def _raises() -> None:
    raise ValueError("of its own")


async def _exits() -> None:
    raise SystemExit(3)


async def _takes_too_long() -> None:
    await asyncio.Event().wait()


async def _ends_when_it_is_cancelled() -> str:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return "wound up"
    return "never"


async def _cancels_itself() -> None:
    raise asyncio.CancelledError("by itself")


async def _is_cancelled_by_somebody_else_too() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel("by somebody else")
    await asyncio.Event().wait()


HANDLERS = [
    *(_gives_a_value, _raises, _exits, _takes_too_long, _ends_when_it_is_cancelled, _cancels_itself),
    _is_cancelled_by_somebody_else_too,
]


def _run_of(handler: Handler, *, is_direct: bool) -> tuple[Run, Deadlines]:
    async def called(context: TaskContext) -> Any:
        return await handler()

    deadlines = Deadlines()
    layers = compose((recovery, timeout(lambda context: None, deadlines)), called)
    return (direct_run(called, layers, deadlines) if is_direct else layers), deadlines


async def _ending(handler: Handler, limits: RunLimits, *, is_direct: bool) -> object:
    """What came of the run, with what it left behind."""
    run, deadlines = _run_of(handler, is_direct=is_direct)
    now = datetime(2026, 11, 30, tzinfo=UTC)
    task = Task(id="1", type="t", created_at=now, scheduled_at=now, correlation_id="1", workflow_id="1")
    signals: Any = None
    context = TaskContext(task, "w", structlog.get_logger(), signals, limits=limits)

    async def attempt() -> tuple[object, int]:
        current_run.set(context)
        own = asyncio.current_task()
        assert own is not None
        try:
            ending: object = await run(context)
        except BaseException as error:
            ending = (type(error), str(error), type(error.__cause__))
        return ending, own.cancelling()

    attempted = await asyncio.create_task(attempt())
    return attempted, len(deadlines)


@pytest.mark.parametrize("handler", HANDLERS)
@pytest.mark.parametrize("timeout_", [0.02, None])
@pytest.mark.parametrize("soft_timeout", [0.01, None])
async def test_a_direct_run_ends_as_the_one_in_layers(
    handler: Handler, timeout_: float | None, soft_timeout: float | None
) -> None:
    if timeout_ is None and handler in (_takes_too_long, _ends_when_it_is_cancelled):
        timeout_ = 0.03
    limits = RunLimits(timeout_, soft_timeout, RetryPolicy(), 3)
    direct = await _ending(handler, limits, is_direct=True)
    assert direct == await _ending(handler, limits, is_direct=False)
    assert direct[1] == 0  # type: ignore[index]
