"""Histories of crashes, pauses, lost replies and clock jumps, each of which must keep every promise.

There are 400 of them, or with --long two thousand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from backstage.domain.outcome import Outcome
from backstage.domain.task_state import TaskState
from tests.simulation.replay import judge

PARTS, CHUNK, LONG_CHUNK = 16, 25, 125
SEEDS_TO_FIND_A_HOLE = 300


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_every_promise_holds_under_every_seed(part: int, is_long: bool) -> None:
    hits = steps = 0
    chunk = LONG_CHUNK if is_long else CHUNK
    for seed in range(part * chunk, (part + 1) * chunk):
        world, broken = judge(seed)
        assert not broken, f"{broken[0]}\nreplay it: python -m tests.simulation.replay {seed}"
        hits, steps = hits + world.faults.hits, steps + world.loop.steps
    assert hits > chunk, "the faults did not strike: this run proves nothing"
    assert steps > chunk * 100


@pytest.mark.parametrize("seed", [3, 17, 92])
def test_a_seed_replays_exactly(seed: int) -> None:
    first, _ = judge(seed)
    second, _ = judge(seed)
    assert first.journal.facts == second.journal.facts
    assert first.loop.steps == second.loop.steps


class Broken:
    """A queue with one of its guards taken out; the rest is the store's own."""

    def __init__(self, queue: Any) -> None:
        self._queue = queue

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)

    def _fence_now(self, task_id: str) -> int:
        task = self._queue._store.tasks.get(task_id)
        return task.fence if task is not None else 0


class UnfencedSettle(Broken):
    """Takes any end of a running task, whoever sends it."""

    async def settle(self, outcomes: Sequence[Outcome]) -> list[TaskState | None]:
        unfenced = [replace(each, fence=self._fence_now(each.task_id)) for each in outcomes]
        states: list[TaskState | None] = await self._queue.settle(unfenced)
        return states


class EagerReclaim(Broken):
    """Takes tasks back as soon as half of their lease is over."""

    async def reclaim(self, max_deliveries: int, limit: int, *following: Any) -> Any:
        ends = self._queue._store.lease_ends
        for task_id, task in [(task_id, self._queue._store.tasks[task_id]) for task_id in ends]:
            ends[task_id] -= (task.lease.until - task.started_at).total_seconds() / 2
        return await self._queue.reclaim(max_deliveries, limit, *following)


class ForgetfulSettle(Broken):
    """Completes a task without its next tasks."""

    async def settle(self, outcomes: Sequence[Outcome]) -> list[TaskState | None]:
        states: list[TaskState | None] = await self._queue.settle([replace(each, next_tasks=()) for each in outcomes])
        return states


@pytest.mark.timeout(600)
@pytest.mark.parametrize("mutant", [UnfencedSettle, EagerReclaim, ForgetfulSettle])
def test_a_missing_guard_is_found(mutant: type[Broken]) -> None:
    for seed in range(SEEDS_TO_FIND_A_HOLE):
        if judge(seed, mutant)[1]:
            return
    pytest.fail(f"{SEEDS_TO_FIND_A_HOLE} seeds did not notice {mutant.__name__}")
