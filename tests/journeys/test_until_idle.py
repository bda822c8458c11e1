from __future__ import annotations

import pytest

from backstage.domain.backoff import Backoff
from backstage.domain.task_state import TaskState
from backstage.infra.container import Container
from tests.journeys.asking import enqueue
from tests.journeys.conftest import StartWorker


@pytest.mark.parametrize("processes", [1, 2])
async def test_until_idle_ends_with_0_after_chains_and_retries(
    backstage: Container, start_worker: StartWorker, processes: int
) -> None:
    first = await enqueue(backstage, "journey:chain", {"left": 5})
    flaky = await enqueue(backstage, "journey:flaky", {"failures": 2}, max_attempts=3, backoff=Backoff.fixed(0.4))
    hopeless = await enqueue(backstage, "journey:flaky", {"failures": 9}, max_attempts=2, backoff=Backoff.fixed(0.4))
    worker = start_worker("--until-idle", "--processes", str(processes))
    assert await worker.code() == 0
    stats = await backstage.get_task_stats()
    assert (stats.completed, stats.failed, stats.total) == (7, 1, 8)
    assert (await backstage.get_task(first.id)).state is TaskState.COMPLETED
    assert (await backstage.get_task(flaky.id)).attempt == 3
    assert (await backstage.get_task(hopeless.id)).attempt == 2


async def test_until_idle_leaves_later_tasks_and_foreign_types_alone(
    backstage: Container, start_worker: StartWorker
) -> None:
    later = await enqueue(backstage, "journey:short", delay=3600)
    unknown = await enqueue(backstage, "nobody:knows")
    worker = start_worker("--until-idle")
    assert await worker.code() == 0
    [*_, unserved] = worker.lines("tasks_unserved")
    assert (unserved["tasks"], unserved["lanes"]) == (["nobody:knows on queue default"], 1)
    for task in (later, unknown):
        stored = await backstage.get_task(task.id)
        assert (stored.state, stored.deliveries) == (TaskState.PENDING, 0)


async def test_a_pattern_that_no_handler_matches_is_wrong_usage(start_worker: StartWorker) -> None:
    worker = start_worker("--until-idle", "--types", "journey:*,nobody:*")
    assert await worker.code() == 2
    assert "types: no handler has a type like 'nobody:*'; there are journey:" in worker.output()
