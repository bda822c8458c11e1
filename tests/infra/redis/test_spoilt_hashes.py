from __future__ import annotations

import pytest
import redis

from backstage.conformance.trial import LEASE, Trial
from backstage.domain.retention import Retention
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import TaskState
from tests.infra.redis.key_space import keys_of

SPOILT = {
    "priority": "high",
    "due": "soon",
    "created": "never",
    "fence": "first",
    "version": "newer",
    "interruptions": "some",
    "state": "z",
    "max_attempts": "many",
    "timeout": "long",
}
"""What somebody else may write into a hash, where a SQL store would not take it."""


@pytest.mark.parametrize("field", SPOILT)
async def test_a_waiting_task_with_rubbish_in_a_field_becomes_a_dead_letter_and_its_neighbours_run(
    trial: Trial, server: redis.Redis, prefix: str, field: str
) -> None:
    tasks = [await trial.added() for _ in range(3)]
    server.hset(f"{{{prefix}:default}}:task:{tasks[1].id}", field, SPOILT[field])
    assert len((await trial.tasks.find(TaskQuery())).tasks) == 3
    claimed = await trial.ask(10)
    assert [task.id for task in claimed.tasks] == [tasks[0].id, tasks[2].id]
    dead = await trial.tasks.get(tasks[1].id)
    assert dead.state is TaskState.FAILED
    assert dead.last_failure is not None
    assert dead.last_failure.type == "UndecodableTask"
    await trial.queue.settle([task.completed() for task in claimed.tasks])
    trial.clock.advance(LEASE + 1)
    assert await trial.queue.reclaim(5, 10) == []
    assert await trial.queue.is_idle(frozenset({tasks[0].type}), None)
    states = {state: tasks for (_, _, state), (tasks, _) in (await trial.tally()).items()}
    assert states == {TaskState.COMPLETED: 2, TaskState.FAILED: 1}
    for state in (TaskState.COMPLETED, TaskState.FAILED):
        assert await trial.tasks.prune(Retention(state=state, keep_last=0), 10)
    assert [key for key in keys_of(server, prefix) if "task:" in key or ":leases" in key or ":line:" in key] == []


@pytest.mark.parametrize("field", SPOILT)
async def test_a_lost_task_with_rubbish_in_a_field_becomes_a_dead_letter_and_its_neighbours_go_on(
    trial: Trial, server: redis.Redis, prefix: str, field: str
) -> None:
    running = [await trial.running() for _ in range(3)]
    server.hset(f"{{{prefix}:default}}:task:{running[1].id}", field, SPOILT[field])
    trial.clock.advance(LEASE + 1)
    states = {task.id: task.state for task, _ in await trial.queue.reclaim(5, 10)}
    assert states == {
        running[0].id: TaskState.PENDING,
        running[1].id: TaskState.FAILED,
        running[2].id: TaskState.PENDING,
    }
    assert (await trial.tasks.get(running[1].id)).state is TaskState.FAILED
    tally = {state: tasks for (_, _, state), (tasks, _) in (await trial.tally()).items()}
    assert tally == {TaskState.PENDING: 2, TaskState.FAILED: 1}
