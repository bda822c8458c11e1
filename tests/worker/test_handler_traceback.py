"""What a failed attempt keeps begins with the handler, or with what somebody put before it."""

from __future__ import annotations

from typing import Any, cast

import pytest

from backstage import TaskContext, Worker
from tests.worker.workers import Workers, play


async def asynchronous(number: int) -> None:
    raise ValueError(number)


def in_a_thread(number: int) -> None:
    raise ValueError(number)


@pytest.mark.parametrize("handler", [asynchronous, in_a_thread])
async def test_it_begins_with_the_handler(workers: Workers, handler: Any) -> None:
    first, *others = await frames(workers, handler, 7)
    assert first.startswith(f'File "{__file__}"') and first.endswith(f"in {handler.__name__}")
    assert others == []


async def test_middleware_before_it_is_kept(workers: Workers) -> None:
    worker = workers.new(until_idle=True)

    @worker.use
    def counted(run: Any) -> Any:
        async def counting(context: TaskContext) -> Any:
            return await run(context)

        return counting

    first, *others = await frames(workers, asynchronous, 7, worker)
    assert first.endswith("in counting")
    assert others[-1].endswith("in asynchronous")


async def test_a_payload_that_does_not_fit_has_none(workers: Workers) -> None:
    assert await frames(workers, asynchronous, "many") == []


async def test_an_error_of_the_worker_itself_keeps_all(workers: Workers) -> None:
    worker = workers.new(until_idle=True)
    worker.use(lambda run: cast(Any, None))  # what is to be called cannot be
    [first, *_] = await frames(workers, asynchronous, 7, worker)
    assert first.endswith("in run") and "attempt_runner.py" in first


async def frames(workers: Workers, handler: Any, payload: Any, worker: Worker | None = None) -> list[str]:
    """The places in the traceback of a task that fails, outermost first."""
    worker = worker or workers.new(until_idle=True)
    worker.on("t", handler, max_attempts=1)
    task = await play(worker, "t", payload)
    assert task.last_failure is not None
    return [line.strip() for line in task.last_failure.traceback.splitlines() if line.strip().startswith("File ")]
