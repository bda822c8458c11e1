"""A cluster that moves the slot of a queue under load loses, doubles and miscounts nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from uuid import uuid4

import pytest

from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import claim_request
from backstage.domain.errors import StorageUnavailableError
from backstage.domain.finding import Severity
from backstage.domain.task_state import TaskState
from backstage.infra.redis.backend import RedisBackend
from backstage.infra.redis.keys import Keys
from backstage.infra.system_clock import SystemClock
from tests.servers.redis_cluster import RedisCluster
from tests.servers.slot_move import keys_in_slot, move_slot, opened_slot, owner_of

WAITING = 600


class Load:
    """Workers that take what there is, and a producer that adds until it is stopped."""

    def __init__(self, store: RedisBackend, new_task: TaskFactory) -> None:
        self._store, self._new_task = store, new_task
        self.accepted: set[str] = set()
        self.done: Counter[str] = Counter()
        self._is_over = asyncio.Event()

    async def add(self, number: int) -> None:
        tasks = [self._new_task() for _ in range(number)]
        try:
            await self._store.tasks.add(tasks)
        except StorageUnavailableError:
            return
        self.accepted.update(task.id for task in tasks)

    async def produce(self) -> None:
        while not self._is_over.is_set():
            await self.add(5)
            await asyncio.sleep(0.002)

    async def work(self, name: str) -> None:
        """Until everything that was accepted is done."""
        while not self._is_over.is_set() or self.done.keys() < self.accepted:
            claimed = await self._store.queue.claim(claim_request(5, worker_id=name))
            answers = await self._store.queue.settle([task.completed() for task in claimed.tasks])
            assert answers == [TaskState.COMPLETED] * len(claimed.tasks)
            self.done.update(task.id for task in claimed.tasks)
            await asyncio.sleep(0.002)

    def end(self) -> None:
        self._is_over.set()


async def test_a_slot_that_is_moved_under_load_and_back_loses_no_task(redis_cluster: RedisCluster) -> None:
    prefix = f"test-{uuid4().hex}"
    nodes = redis_cluster.nodes
    slot, home = await owner_of(nodes, Keys(prefix).queue("default"))
    away = (home + 1) % len(nodes)
    store = RedisBackend.from_url(f"{redis_cluster.url}?prefix={prefix}", None)
    await store.open()
    try:
        load = Load(store, TaskFactory(SystemClock()))
        await load.add(WAITING)
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            for name in ("w1", "w2"):
                group.create_task(load.work(name))
            group.create_task(load.produce())
            assert await move_slot(nodes, slot, home, away, replace=False) > WAITING
            assert await move_slot(nodes, slot, away, home, replace=True) > WAITING
            load.end()
        counts = {row.state: row.tasks for row in await store.tasks.counts()}
        findings = await store.diagnose()
    finally:
        await store.close()
    assert load.accepted > set() and load.done == Counter(load.accepted)
    assert counts.pop(TaskState.COMPLETED) == len(load.accepted)
    assert set(counts.values()) <= {0}
    assert [
        each for each in findings if each.name in ("running tasks", "counts") and each.status is not Severity.OK
    ] == []


@pytest.mark.parametrize("moved", [[], ["counts"], ["counts", "levels", "tails", "line:0:email:send"]])
async def test_nothing_is_done_in_half_a_slot_whichever_keys_were_moved(
    redis_cluster: RedisCluster, moved: list[str]
) -> None:
    prefix = f"test-{uuid4().hex}"
    nodes, queue = redis_cluster.nodes, Keys(prefix).queue("default")
    slot, home = await owner_of(nodes, queue)
    away = (home + 1) % len(nodes)
    new_task = TaskFactory(SystemClock())
    store = RedisBackend.from_url(f"{redis_cluster.url}?prefix={prefix}&socket_timeout=0.2", None)
    await store.open()
    try:
        task = new_task()
        await store.tasks.add([task])
        async with opened_slot(nodes, slot, home, away) as move:
            await move([f"{queue}:{key}" for key in moved])
            before = [await keys_in_slot(node, slot) for node in nodes]
            for call in (
                store.tasks.add([new_task()]),
                store.tasks.save(task.cancel(SystemClock().now())),
                store.queue.claim(claim_request()),
                store.queue.reclaim(3, 10),
            ):
                with pytest.raises(StorageUnavailableError, match="TRYAGAIN"):
                    await call
            assert [await keys_in_slot(node, slot) for node in nodes] == before
            await move([])
        [claimed] = (await store.queue.claim(claim_request())).tasks
        assert claimed.id == task.id
    finally:
        await move_slot(nodes, slot, away, home, replace=False)
        await store.close()
