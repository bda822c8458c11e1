"""What lies between a worker and its server breaks, falls silent, and loses replies."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest

from backstage.app.enqueue_task import EnqueueTask
from backstage.domain.errors import StorageUnavailableError
from backstage.domain.task_state import TaskState
from backstage.infra.container import Container
from tests.journeys.asking import enqueue, result_of, state_is
from tests.journeys.conftest import StartWorker
from tests.journeys.gate import Gate
from tests.journeys.ledger import Ledger
from tests.journeys.store import Store
from tests.journeys.waiting import until, until_answer
from tests.servers.tcp_proxy import TcpProxy

LEASE = 3.0
MARK = "a-text-that-is-nowhere-else"


@pytest.fixture
def proxy(served_store: Store) -> Iterator[TcpProxy]:
    with TcpProxy(served_store.url) as proxy:
        yield proxy


@pytest.fixture
def url(proxy: TcpProxy) -> str:
    """Workers go through the proxy unless they are told another URL."""
    return proxy.url


@pytest.fixture
async def direct(served_store: Store) -> AsyncIterator[Container]:
    async with Container.open(served_store.url, silent=True) as direct:
        yield direct


async def test_a_worker_whose_connections_are_cut_goes_on_and_keeps_its_tasks(
    direct: Container, proxy: TcpProxy, ledger: Ledger, start_worker: StartWorker, gate: Gate
) -> None:
    worker = start_worker(lease=10)
    running = await enqueue(direct, "journey:gated", gate.payload)
    await until("its start", lambda: ledger.entries("start"))
    assert proxy.cut() > 0
    late = await enqueue(direct, "journey:short")
    await until_answer("a later task's end", state_is(direct, late, TaskState.COMPLETED))
    gate.open()
    await until_answer("its end", state_is(direct, running, TaskState.COMPLETED))
    assert [(await direct.get_task(task.id)).deliveries for task in (running, late)] == [1, 1]
    assert worker.is_alive


async def test_a_worker_behind_a_silent_connection_gives_up_its_tasks_and_goes_on_with_the_network(
    direct: Container, proxy: TcpProxy, served_store: Store, ledger: Ledger, start_worker: StartWorker, gate: Gate
) -> None:
    cut_off = start_worker(lease=LEASE)
    task = await enqueue(direct, "journey:gated", gate.payload)
    await until("its start", lambda: ledger.entries("start"))
    proxy.stall()
    other = start_worker(url=served_store.url, lease=LEASE, reclaim_interval=0.2)
    await until("its second start", lambda: len(ledger.entries("start")) == 2)
    await cut_off.logged("lease_lost")
    gate.open()
    await until_answer("its end", state_is(direct, task, TaskState.COMPLETED))
    assert result_of(await direct.get_task(task.id)) == other.pid
    other.signal(signal.SIGTERM)
    assert await other.code() == 0
    proxy.flow()
    late = await enqueue(direct, "journey:short")
    await until_answer("a later task's end", state_is(direct, late, TaskState.COMPLETED), 60)
    assert result_of(await direct.get_task(late.id)) == cut_off.pid


async def test_an_enqueue_whose_reply_was_lost_may_be_repeated_and_is_there_once(
    direct: Container, proxy: TcpProxy
) -> None:
    async with Container.open(proxy.url, silent=True) as backstage:
        await enqueue(backstage, "journey:short")
        request = EnqueueTask(type="journey:short", payload={"text": MARK}, id=str(uuid4()))
        lost = proxy.lose_reply(MARK.encode())
        with pytest.raises(StorageUnavailableError):
            await backstage.enqueue_task(request)
        assert lost.has_happened
        await backstage.enqueue_task(request)
    assert (await direct.get_task_stats()).pending == 2


async def test_a_task_whose_claim_nobody_heard_of_is_found_by_its_worker_long_before_the_lease_ends(
    direct: Container, proxy: TcpProxy, ledger: Ledger, start_worker: StartWorker
) -> None:
    worker = start_worker(lease=600)
    await worker.ready()
    lost = proxy.lose_reply(answered=MARK.encode())
    task = await enqueue(direct, "journey:short", {"text": MARK})
    await until_answer("its end", state_is(direct, task, TaskState.COMPLETED))
    assert lost.has_happened
    assert (await direct.get_task(task.id)).deliveries == 1
    assert len(ledger.entries("start")) == 1


async def test_an_end_whose_reply_was_lost_is_recorded_once(
    direct: Container, proxy: TcpProxy, ledger: Ledger, start_worker: StartWorker
) -> None:
    worker = start_worker(lease=LEASE, reclaim_interval=0.2)
    await worker.ready()
    lost = proxy.lose_reply(MARK.encode())
    task = await enqueue(direct, "journey:echo", {"text": MARK})
    await until_answer("its end", state_is(direct, task, TaskState.COMPLETED))
    assert lost.has_happened
    late = await enqueue(direct, "journey:short")
    await until_answer("a later task's end", state_is(direct, late, TaskState.COMPLETED))
    assert len(ledger.entries("start", task.id)) == 1
    assert worker.lines("outcome_refused") == []
    stats = await direct.get_task_stats()
    assert (stats.completed, stats.total) == (2, 2)
