from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from backstage.app.plan_transfer import TransferPlan
from backstage.app.transfer_tasks import Missing, Transferred
from backstage.conformance.fault_plan import Fault, FaultPlan
from backstage.domain.audit_entry import AuditQuery
from backstage.domain.cron_task import CronTask
from backstage.domain.errors import StorageUnavailableError, TransferRefusedError
from backstage.domain.ports.task_archive import StoredTask
from backstage.domain.retention import Retention
from backstage.domain.schedule import Schedule
from backstage.domain.stats import Count
from backstage.domain.subscription import Subscription
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.domain.worker_info import WorkerInfo
from backstage.infra.memory.backend import MemoryBackend
from tests.app.conftest import Scene

Transfer = Callable[..., Awaitable[Transferred]]


@pytest.fixture
def target(scene: Scene) -> MemoryBackend:
    return MemoryBackend(scene.clock)


@pytest.fixture
def transfer(scene: Scene, target: MemoryBackend) -> Transfer:
    return partial(scene.use_cases.transfer_tasks, target)


async def test_an_empty_store_is_moved_in_no_time(transfer: Transfer) -> None:
    assert await transfer() == _transferred()


async def test_all_that_a_store_holds_is_in_the_other_one_afterwards(
    scene: Scene, target: MemoryBackend, transfer: Transfer
) -> None:
    await _fill(scene)
    answer = await transfer()
    assert answer == _transferred(tasks=3, new=3, pruned=1, schedules=2, new_schedules=2, pauses=2, new_pauses=2)
    assert await target.archive.read(None, 100) == await scene.backend.archive.read(None, 100)
    assert _counted(await target.tasks.counts()) == _counted(await scene.tasks.counts())
    assert await target.schedules.all() == await scene.backend.schedules.all()
    assert [(each.kind, each.name) for each in await target.control.paused()] == [("queue", "mail"), ("type", "a")]


async def test_an_audit_log_of_several_pages_is_copied_whole_and_once(
    scene: Scene, target: MemoryBackend, transfer: Transfer
) -> None:
    for number in range(450):
        await scene.use_cases.record_audit("ada", "cancel_task", str(number), 1)
    for _ in range(2):
        assert (await transfer()).audit_entries == 450
    pages, after = list[str](), None
    while pages == [] or after is not None:
        page = await target.audit_log.find(AuditQuery(limit=200, after=after))
        pages, after = [*pages, *(entry.target for entry in page.entries)], page.next_after
    assert sorted(pages, key=int) == [str(number) for number in range(450)]


async def test_subscriptions_are_copied_unless_the_name_is_taken(
    scene: Scene, target: MemoryBackend, transfer: Transfer
) -> None:
    taken = Subscription(name="alerts", queues=("mail",))
    await target.subscriptions.put(taken)
    for name in ("alerts", "audit"):
        await scene.backend.subscriptions.put(Subscription(name=name))
    await transfer()
    assert await target.subscriptions.all() == [taken, Subscription(name="audit")]


async def test_the_source_is_left_as_it_was(scene: Scene, transfer: Transfer) -> None:
    await _fill(scene)
    before = await _everything(scene.backend)
    await transfer()
    assert await _everything(scene.backend) == before


async def test_a_second_transfer_finds_nothing_new(scene: Scene, target: MemoryBackend, transfer: Transfer) -> None:
    await _fill(scene)
    await transfer()
    before = await _everything(target)
    assert await transfer() == _transferred(tasks=3, pruned=1, schedules=2, pauses=2)
    assert await _everything(target) == before


async def test_more_tasks_than_a_batch_holds_are_moved_in_batches(scene: Scene, transfer: Transfer) -> None:
    for _ in range(1100):
        await scene.pending()
    told: list[tuple[int, int]] = []
    assert (await transfer(lambda tasks, new: told.append((tasks, new)))).new == 1100
    assert told == [(50, 50), (550, 550), (1050, 1050), (1100, 1100)]


async def test_large_tasks_are_moved_in_small_batches(scene: Scene, transfer: Transfer) -> None:
    for _ in range(70):
        await scene.pending(payload="x" * 1_000_000)
    told: list[int] = []
    await transfer(lambda tasks, new: told.append(tasks))
    assert told == [50, 58, 66, 70]


async def test_an_interrupted_transfer_goes_on_when_it_is_asked_for_again(
    scene: Scene, target: MemoryBackend, monkeypatch: pytest.MonkeyPatch, transfer: Transfer
) -> None:
    for _ in range(600):
        await scene.pending()
    write, plan = target.archive.write, FaultPlan([None, Fault.REPLY_LOST, Fault.REQUEST_LOST])

    async def faulty_write(stored: Any) -> int:
        return await plan.around(lambda: write(stored))

    monkeypatch.setattr(target.archive, "write", faulty_write)
    for _ in range(2):
        with pytest.raises(StorageUnavailableError):
            await transfer()
    answer = await transfer()
    assert (answer.tasks, answer.missing) == (600, [])
    assert await target.archive.read(None, 1000) == await scene.backend.archive.read(None, 1000)


async def test_what_the_target_has_of_its_own_is_kept(scene: Scene, target: MemoryBackend, transfer: Transfer) -> None:
    own = replace(await scene.pending(), id=scene.ids.new())
    await target.tasks.add([own])
    await target.schedules.restore(Schedule(cron=_cron("nightly", queue="own"), last_tick=scene.clock.now()))
    await scene.backend.schedules.put(_cron("nightly"))
    assert await transfer() == _transferred(tasks=1, new=1, schedules=1)
    assert await target.tasks.get(own.id) == own
    assert [each.cron.queue for each in await target.schedules.all()] == ["own"]


async def test_fewer_tasks_in_the_target_are_told_by_lane(
    scene: Scene, target: MemoryBackend, transfer: Transfer
) -> None:
    await scene.pending()
    await scene.pending(queue="mail")
    await target.archive.write(await scene.backend.archive.read(None, 10))
    [_, task] = await target.archive.read(None, 10)
    await target.tasks.save(task.task.cancel(scene.clock.now()))
    answer = await transfer()
    lane = ("mail", "email:send", TaskState.PENDING)
    assert answer.missing == [Missing(Count(*lane, 1), Count(*lane, 0))]


async def test_a_live_worker_of_the_source_is_named_and_refused(
    scene: Scene, target: MemoryBackend, transfer: Transfer
) -> None:
    await scene.pending()
    await scene.backend.registry.beat(_worker(scene, "w1"))
    with pytest.raises(TransferRefusedError, match="1 worker is alive in the source \\(w1\\): stop them first"):
        await transfer()
    assert await target.archive.read(None, 10) == []


async def test_live_workers_of_the_target_are_refused(scene: Scene, target: MemoryBackend, transfer: Transfer) -> None:
    for name in ("w1", "w2", "w3", "w4"):
        await target.registry.beat(_worker(scene, name))
    with pytest.raises(TransferRefusedError, match="4 workers are alive in the target \\(w1, w2, w3, …\\)"):
        await transfer()


async def test_a_worker_that_was_killed_is_no_hindrance_after_a_minute(scene: Scene, transfer: Transfer) -> None:
    await scene.backend.registry.beat(_worker(scene, "w1"))
    scene.clock.advance(61)
    assert (await transfer()).missing == []


async def test_running_tasks_are_refused(scene: Scene, target: MemoryBackend, transfer: Transfer) -> None:
    await scene.pending()
    await scene.running()
    with pytest.raises(TransferRefusedError, match="running in the source"):
        await transfer()
    assert await target.archive.read(None, 10) == []


async def test_a_task_that_is_claimed_meanwhile_ends_the_transfer(
    scene: Scene, target: MemoryBackend, monkeypatch: pytest.MonkeyPatch, transfer: Transfer
) -> None:
    task, paused = await scene.pending(), scene.backend.control.paused

    async def claimed_meanwhile() -> Any:
        await scene.running("other")
        return await paused()

    monkeypatch.setattr(scene.backend.control, "paused", claimed_meanwhile)
    await scene.pending("other")
    with pytest.raises(TransferRefusedError, match="was claimed meanwhile"):
        await transfer()
    assert (await scene.tasks.get(task.id)).state is TaskState.PENDING
    assert await target.archive.read(None, 10) == []


async def test_one_store_under_two_names_is_found_out(scene: Scene) -> None:
    await scene.pending()
    with pytest.raises(TransferRefusedError, match="the same store"):
        await scene.use_cases.transfer_tasks(scene.backend)
    assert await scene.backend.registry.workers(60.0) == []


async def test_a_plan_tells_what_there_is_and_changes_nothing(scene: Scene, target: MemoryBackend) -> None:
    await _fill(scene)
    before = await _everything(scene.backend)
    plan = await scene.use_cases.plan_transfer(target)
    assert plan == TransferPlan(tasks=3, pruned=1, schedules=2, pauses=2)
    assert await _everything(scene.backend) == before
    assert await _everything(target) == ([], [], [], [])


def _transferred(**fields: Any) -> Transferred:
    names = ("tasks", "new", "pruned", "schedules", "new_schedules", "pauses", "new_pauses", "audit_entries")
    return Transferred(**(dict.fromkeys(names, 0) | {"missing": []} | fields))


def _cron(name: str, **fields: Any) -> CronTask:
    return CronTask("0 3 * * *", "email:send", name=name, **fields)


def _worker(scene: Scene, id: str) -> WorkerInfo:
    now = scene.clock.now()
    return WorkerInfo(id=id, host="h", pid=7, started_at=now, seen_at=now, concurrency=4, queues=(), types=())


async def _fill(scene: Scene) -> None:
    """Three tasks of which two have run, one pruned, two schedules and two pauses."""
    await scene.ended(Task.completed)
    await scene.backend.tasks.prune(Retention(state=TaskState.COMPLETED, keep_last=0), 10)
    await scene.ended(Task.completed)
    await scene.ended(Task.cancelled)
    await scene.pending(queue="mail", delay=60.0)
    await scene.backend.schedules.put(_cron("nightly"))
    last_tick = datetime(2026, 1, 1, tzinfo=UTC)
    await scene.backend.schedules.restore(Schedule(cron=_cron("weekly"), last_tick=last_tick, is_paused=True))
    await scene.backend.control.pause("queue", "mail")
    await scene.backend.control.pause("type", "a")


def _counted(counts: list[Count]) -> list[Count]:
    return [count for count in counts if count.tasks]


async def _everything(backend: MemoryBackend) -> tuple[list[StoredTask], list[Count], Any, Any]:
    return (
        await backend.archive.read(None, 1000),
        _counted(await backend.tasks.counts()),
        await backend.schedules.all(),
        await backend.control.paused(),
    )
