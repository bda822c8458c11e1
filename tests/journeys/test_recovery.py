from __future__ import annotations

import signal
import time
from contextlib import AbstractContextManager, nullcontext

from backstage.domain.task_state import TaskState
from backstage.infra.container import Container
from tests.journeys.asking import enqueue, result_of, state_is
from tests.journeys.conftest import StartWorker
from tests.journeys.gate import Gate
from tests.journeys.ledger import Ledger
from tests.journeys.store import Store
from tests.journeys.store_file import StoreFile
from tests.journeys.waiting import until, until_answer

SLACK = 1.0


async def test_the_tasks_of_a_killed_worker_start_again_within_lease_and_check_interval(
    backstage: Container, ledger: Ledger, start_worker: StartWorker, gate: Gate
) -> None:
    lease, check = 1.5, 0.5
    victim = start_worker(lease=lease, reclaim_interval=check)
    tasks = [await enqueue(backstage, "journey:gated", gate.payload) for _ in range(5)]
    await until("five starts", lambda: len(ledger.entries("start")) == 5)
    successor = start_worker(lease=lease, reclaim_interval=check)
    await successor.ready()
    killed_at = victim.kill()
    await until("five starts more", lambda: len(ledger.entries("start")) == 10)
    again = [entry for entry in ledger.entries("start") if entry.pid == successor.pid]
    assert {entry.task for entry in again} == {task.id for task in tasks}
    assert max(entry.at for entry in again) - killed_at <= lease + check + SLACK
    gate.open()
    for task in tasks:
        await until_answer("the end", state_is(backstage, task, TaskState.COMPLETED))
        assert (await backstage.get_task(task.id)).attempt == 1


async def test_a_handler_that_blocks_its_worker_for_three_leases_runs_once(
    backstage: Container, ledger: Ledger, start_worker: StartWorker
) -> None:
    lease = 1.5
    workers = [start_worker(lease=lease, reclaim_interval=0.1) for _ in range(2)]
    for worker in workers:
        await worker.ready()
    task = await enqueue(backstage, "journey:blocking", {"seconds": 3 * lease})
    await until_answer("its end", state_is(backstage, task, TaskState.COMPLETED))
    assert len(ledger.entries("start")) == 1
    assert (await backstage.get_task(task.id)).deliveries == 1


def _between_transactions(store: Store) -> AbstractContextManager[None]:
    """While nobody is inside one that a process stopped there would keep open, and with it a file's only lock."""
    return store.inside.locked() if isinstance(store.inside, StoreFile) else nullcontext()


async def test_a_worker_that_was_stopped_for_three_leases_cannot_settle(
    backstage: Container, store: Store, ledger: Ledger, start_worker: StartWorker, gate: Gate
) -> None:
    lease = 1.0
    stale = start_worker(lease=lease, reclaim_interval=60)
    await stale.ready()
    task = await enqueue(backstage, "journey:gated", gate.payload)
    await until("its start", lambda: ledger.entries("start"))
    with _between_transactions(store):
        stale.signal(signal.SIGSTOP)
    stopped_at = ledger.entries("start")[0].at
    successor = start_worker(reclaim_interval=0.1)
    await until("its second start", lambda: len(ledger.entries("start")) == 2)
    gate.open()
    await until_answer("its end", state_is(backstage, task, TaskState.COMPLETED))
    await until("three leases", lambda: time.monotonic() - stopped_at > 3 * lease)
    stale.signal(signal.SIGCONT)
    await until("its answer", lambda: stale.lines("outcome_refused") or stale.lines("lease_lost"))
    stored = await backstage.get_task(task.id)
    assert result_of(stored) == successor.pid
    assert (stored.state, stored.deliveries) == (TaskState.COMPLETED, 2)
    assert (await backstage.get_task_stats()).completed == 1
    assert [each.outcome for each in await backstage.get_attempts(task.id)] == ["lost", "completed"]


async def test_a_task_that_kills_its_workers_stops_after_so_many_and_its_neighbours_complete(
    backstage: Container, ledger: Ledger, start_worker: StartWorker
) -> None:
    killer = await enqueue(backstage, "journey:killer", max_attempts=10)
    healthy = [await enqueue(backstage, "journey:short") for _ in range(20)]
    fleet = start_worker("--processes", "2", concurrency=1, lease=1, reclaim_interval=0.1, max_deliveries=3)
    await until_answer("the dead letter", state_is(backstage, killer, TaskState.FAILED))
    for task in healthy:
        await until_answer("a neighbour's end", state_is(backstage, task, TaskState.COMPLETED))
    dead = await backstage.get_task(killer.id)
    assert dead.deliveries == len(ledger.entries("start", killer.id)) == 3
    assert dead.last_failure is not None
    assert dead.last_failure.type == "TooManyDeliveries"
    assert "3 workers were lost running it" in dead.last_failure.message
    fleet.signal(signal.SIGTERM)
    assert await fleet.code() == 0


async def test_at_most_once_holds_even_if_the_worker_is_killed(
    backstage: Container, ledger: Ledger, start_worker: StartWorker, gate: Gate
) -> None:
    victim = start_worker(lease=1, reclaim_interval=0.1)
    task = await enqueue(backstage, "journey:gated", gate.payload, max_deliveries=1, max_attempts=1)
    await until("its start", lambda: ledger.entries("start"))
    victim.kill()
    gate.open()
    successor = start_worker(lease=1, reclaim_interval=0.1)
    await until_answer("the dead letter", state_is(backstage, task, TaskState.FAILED))
    neighbour = await enqueue(backstage, "journey:short")
    await until_answer("a neighbour's end", state_is(backstage, neighbour, TaskState.COMPLETED))
    assert [entry.task for entry in ledger.entries("start")] == [task.id, neighbour.id]
    dead = await backstage.get_task(task.id)
    assert dead.last_failure is not None
    assert dead.last_failure.type == "TooManyDeliveries"
    successor.signal(signal.SIGTERM)
    assert await successor.code() == 0
