"""The recipe for joins in the guide, killed at every step that it makes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from backstage import TaskContext
from backstage.app.use_cases import UseCases
from backstage.conformance.task_factory import TaskFactory
from backstage.domain.no_listeners import NoListeners
from backstage.domain.ports.task_queue import ClaimRequest
from backstage.domain.retry_policy import RetryPolicy
from backstage.domain.task import Task
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import TaskState
from backstage.infra.memory.backend import MemoryBackend
from backstage.testing import FakeClock, NoJitter
from backstage.testing.predictable import NumberedIds
from backstage.worker.executing.run_outcome import RunOutcome
from tests.docs.markdown import ROOT, blocks

LEASE = 30.0
MONTHS = 3


class Killed(BaseException):
    """The worker is gone."""


class Steps:
    """Counts the steps of the handlers, and kills at some of them."""

    def __init__(self, kills: set[int]) -> None:
        self.kills, self.made = kills, 0

    def step(self) -> None:
        self.made += 1
        if self.made in self.kills:
            raise Killed


class Connection:
    """A connection that may be killed before each statement and after it."""

    def __init__(self, connection: sqlite3.Connection, steps: Steps) -> None:
        self._connection, self._steps = connection, steps

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        self._steps.step()
        cursor = self._connection.execute(*arguments)
        self._steps.step()
        return cursor

    def close(self) -> None:
        """The next one is the same."""


def _recipe(steps: Steps) -> dict[str, Callable[..., Any]]:
    [code] = [block.code for block in blocks(ROOT / "docs" / "chaining.md", "python") if "winner" in block.code]
    recipe: dict[str, Any] = {"__name__": "recipe"}
    exec(code, recipe)
    database, memory = recipe["database"], sqlite3.connect(":memory:", isolation_level=None)
    recipe["sqlite3"] = SimpleNamespace(connect=lambda name, isolation_level: memory)
    recipe |= {"MONTHS": MONTHS, "database": lambda: Connection(database(), steps)}
    return {"rain:month": recipe["add_month"], "rain:sum": lambda payload, context: recipe["sum_year"](payload)}


async def _work_off(kills: set[int]) -> tuple[list[Task], int]:
    """Run three parts and what follows, one worker after another; return the tasks that join them, and the steps."""
    clock, steps = FakeClock(), Steps(kills)
    backend, new_task, handlers = MemoryBackend(clock), TaskFactory(clock), _recipe(steps)
    use_cases = UseCases(backend, NoListeners(), NumberedIds())
    run_outcome = RunOutcome(use_cases.chain_task, NoJitter(), structlog.get_logger())
    parts = [f'{{"year":2025,"month":{month}}}' for month in range(1, MONTHS + 1)]
    await backend.tasks.add([new_task(type="rain:month", payload_json=part) for part in parts])
    request = ClaimRequest(worker_id="w", types=frozenset(handlers), queues=None, limit=1, lease=LEASE)
    while True:
        tasks = (await backend.queue.claim(request)).tasks
        if not tasks:
            clock.advance(LEASE + 1)
            if not await backend.queue.reclaim(5, 10):
                return list((await backend.tasks.find(TaskQuery(type="rain:sum"))).tasks), steps.made
        for task in tasks:
            try:
                value = handlers[task.type](task.payload, TaskContext(task, "w", None, None))  # type: ignore[arg-type]
                steps.step()
                await backend.queue.settle([run_outcome.of_value(task, value, RetryPolicy())])
            except Killed:
                continue


@pytest.mark.parametrize("times", [1, 2])
async def test_the_join_of_the_guide_runs_once_wherever_a_worker_is_killed(times: int) -> None:
    _, steps = await _work_off(set())
    assert steps > 20
    for killed_at in range(1, steps + 1):
        kills = set(range(killed_at, killed_at + times))
        joined, _ = await _work_off(kills)
        assert [(task.state, task.result) for task in joined] == [(TaskState.COMPLETED, 60)], f"killed at {kills}"
