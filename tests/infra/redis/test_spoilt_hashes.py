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


@pytest.mark.parametrize("field", ["payload", "metadata", "type", "correlation", "fence", "due"])
async def test_bytes_that_are_no_text_stop_neither_claims_nor_lists(
    trial: Trial, server: redis.Redis, prefix: str, field: str
) -> None:
    spoilt, other = await trial.added(), await trial.added()
    server.hset(f"{{{prefix}:default}}:task:{spoilt.id}", field, b'"ab\xff"')
    assert other.id in [task.id for task in (await trial.ask(10)).tasks]
    assert len((await trial.tasks.find(TaskQuery())).tasks) == 2
    assert (await trial.tasks.get(spoilt.id)).id == spoilt.id
    assert await trial.tally()


WRITTEN_BY_OTHERS = ["0x10", " 5 ", "1_000", "1e5", "nan", "inf", "-1", "1.5", "9" * 40]
"""What Lua, or Python, takes for a number, and the other does not."""


@pytest.mark.parametrize("text", WRITTEN_BY_OTHERS)
@pytest.mark.parametrize("field", ["fence", "version", "entry", "due", "priority"])
async def test_what_only_looks_like_a_number_leaves_no_task_running_and_stops_no_sweep(
    trial: Trial, server: redis.Redis, prefix: str, field: str, text: str
) -> None:
    spoilt, other = await trial.added(), await trial.added()
    server.hset(f"{{{prefix}:default}}:task:{spoilt.id}", field, text)
    for _ in range(3):
        for task in (await trial.ask(10)).tasks:
            assert await trial.settle(task.completed()) is TaskState.COMPLETED
        trial.clock.advance(LEASE + 1)
        await trial.queue.reclaim(5, 10)
    assert (await trial.tasks.get(other.id)).state is TaskState.COMPLETED
    assert (await trial.tasks.get(spoilt.id)).state in (TaskState.COMPLETED, TaskState.FAILED)


@pytest.mark.parametrize("text", ["newer", "0x10", "nan", ""])
@pytest.mark.parametrize("field", ["version", "crashes", "interruptions", "due", "entry", "priority"])
async def test_a_field_that_is_spoilt_while_the_task_runs_hinders_no_end(
    trial: Trial, server: redis.Redis, prefix: str, field: str, text: str
) -> None:
    spoilt, other = await trial.running(), await trial.running()
    server.hset(f"{{{prefix}:default}}:task:{spoilt.id}", field, text)
    states = await trial.queue.settle([spoilt.released(), other.completed()])
    assert list(states) == [TaskState.PENDING, TaskState.COMPLETED]
