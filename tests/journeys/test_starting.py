"""Workers that start while the server of their store is away."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from backstage.domain.task_state import TaskState
from backstage.infra.container import Container
from tests.journeys.asking import enqueue, state_is
from tests.journeys.conftest import StartWorker
from tests.journeys.served_store import ServedStore
from tests.journeys.waiting import until_answer
from tests.servers.redis_instance import RedisInstance


@pytest.fixture
def store(own_store: ServedStore) -> ServedStore:
    return own_store


async def test_a_worker_waits_for_its_server_and_then_works(store: ServedStore, start_worker: StartWorker) -> None:
    async with Container.open(store.url, silent=True) as backstage:
        early = await enqueue(backstage, "journey:short")
    store.server.kill()
    worker = start_worker()
    await worker.logged("store_unavailable", times=2)
    assert worker.lines("worker_started") == []
    store.server.start()
    await worker.ready()
    async with Container.open(store.url, silent=True) as backstage:
        for task in (early, await enqueue(backstage, "journey:short")):
            await until_answer("its end", state_is(backstage, task, TaskState.COMPLETED))
    tries = worker.lines("store_unavailable")
    assert {line["level"] for line in tries} == {"warning"}
    assert all(str(store.server.port) in line["error"] and line["retry_in"] <= 5.0 for line in tries)
    assert "Traceback" not in worker.output()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_worker_that_waits_for_its_server_stops_when_told(
    store: ServedStore, start_worker: StartWorker, number: signal.Signals
) -> None:
    store.server.kill()
    worker = start_worker()
    await worker.logged("store_unavailable")
    worker.signal(number)
    assert await worker.code() == 0
    assert worker.lines() == worker.lines("store_unavailable")


async def test_a_worker_waits_no_longer_than_it_may(store: ServedStore, start_worker: StartWorker) -> None:
    store.server.kill()
    worker = start_worker(start_timeout=0.5)
    assert await worker.code() == 1
    *tries, last = worker.output().splitlines()
    assert len(tries) == len(worker.lines("store_unavailable")) >= 1
    assert last.startswith("backstage: ")


@pytest.mark.parametrize(
    ("settings", "answer"), [({"requirepass": "s3cret"}, "password"), ({"maxmemory_policy": "allkeys-lru"}, "evict")]
)
async def test_a_worker_waits_for_no_server_that_refuses_it(
    own_redis: Callable[..., RedisInstance], settings: dict[str, str], answer: str, start_worker: StartWorker
) -> None:
    worker = start_worker(url=own_redis(**settings).url)
    assert await worker.code() == 2
    [line] = worker.output().splitlines()
    assert answer in line
