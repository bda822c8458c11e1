"""Loads that resemble real ones: what is enqueued, and what runs it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from backstage import Container, EnqueueTask, Next, TaskContext, Worker
from backstage.domain.backoff import Backoff
from benchmarks.opened_worker import FILLED_AT_ONCE
from benchmarks.scene import TASK_TYPE

WAIT, LONG_TEXT = 0.005, "x" * 65_536
_AGAIN_SOON = Backoff.fixed(0.05)
_TYPES, _QUEUES, _PRIORITIES, _LINKS = 1_000, 10, 5, 5


class ServiceUnavailable(Exception):
    """What a handler raises whose service is away for a moment."""


@dataclass(frozen=True, slots=True)
class Load:
    """`request(n)` is the task with that number, `register` gives a worker its handlers. `runs` is how many tasks run
    for each that is enqueued."""

    name: str
    request: Callable[[int], EnqueueTask]
    register: Callable[[Worker], None]
    runs: int = 1
    settings: dict[str, Any] = field(default_factory=dict)


async def fill_with(backstage: Container, load: Load, tasks: int) -> None:
    """Enqueue so many, in batches."""
    for first in range(0, tasks, FILLED_AT_ONCE):
        numbers = range(first, min(first + FILLED_AT_ONCE, tasks))
        await backstage.enqueue_tasks([load.request(n) for n in numbers])


def _handled_by(handler: Callable[..., Any]) -> Callable[[Worker], None]:
    def register(worker: Worker) -> None:
        worker.on(TASK_TYPE, handler)

    return register


async def _no_op(payload: Any) -> None: ...


async def _wait(payload: Any) -> None:
    await asyncio.sleep(WAIT)


async def _fail_at_first(payload: Any, context: TaskContext) -> None:
    if payload["n"] % 10 == 0 and context.attempt == 1:
        raise ServiceUnavailable(f"number {payload['n']}")


async def _go_on(payload: Any) -> Next | None:
    return None if payload["link"] == _LINKS else Next(TASK_TYPE, {**payload, "link": payload["link"] + 1})


def _register_types(worker: Worker) -> None:
    for number in range(_TYPES):
        worker.on(f"{TASK_TYPE}-{number}", _no_op)


def _request(n: int) -> EnqueueTask:
    return EnqueueTask(TASK_TYPE, {"n": n})


LOADS = {
    each.name: each
    for each in (
        Load("no work", _request, _handled_by(_no_op)),
        Load("5 ms of waiting", _request, _handled_by(_wait), settings={"concurrency": 200}),
        Load("64 KiB of payload", lambda n: EnqueueTask(TASK_TYPE, {"n": n, "text": LONG_TEXT}), _handled_by(_no_op)),
        Load(
            "a tenth fails once",
            lambda n: EnqueueTask(TASK_TYPE, {"n": n}, backoff=_AGAIN_SOON),
            _handled_by(_fail_at_first),
            settings={"silent": True},
        ),
        Load(
            "ten queues, five priorities",
            lambda n: EnqueueTask(TASK_TYPE, {"n": n}, queue=f"queue-{n % _QUEUES}", priority=n % _PRIORITIES),
            _handled_by(_no_op),
        ),
        Load(
            "chains of five",
            lambda n: EnqueueTask(TASK_TYPE, {"n": n, "link": 1}),
            _handled_by(_go_on),
            runs=_LINKS,
        ),
        Load("1,000 types", lambda n: EnqueueTask(f"{TASK_TYPE}-{n % _TYPES}", {"n": n}), _register_types),
    )
}
