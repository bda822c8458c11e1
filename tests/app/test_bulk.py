from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from backstage import (
    BulkAction,
    BulkKind,
    BulkNotFoundError,
    BulkOperation,
    BulkState,
    Dedupe,
    InvalidQueryError,
    InvalidTaskDataError,
    Task,
    TaskState,
)
from backstage.app.change_for_bulk import ChangeForBulk
from backstage.app.use_cases import UseCases
from backstage.domain.bulk_operation import EVERY_TASK
from backstage.infra.blinker_event_bus import BlinkerEventBus
from backstage.infra.memory.backend import MemoryBackend
from backstage.infra.structured_logging import new_logger
from backstage.testing.fake_clock import FakeClock
from backstage.testing.predictable import NumberedIds

CANCEL, PRUNE = BulkAction(BulkKind.CANCEL), BulkAction(BulkKind.PRUNE)
FAST = 100_000.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def backstage(clock: FakeClock) -> AsyncIterator[UseCases]:
    backend = MemoryBackend(clock)
    yield UseCases(backend, BlinkerEventBus(new_logger(silent=True)), NumberedIds())


async def _enqueued(backstage: UseCases, number: int, **options: object) -> list[Task]:
    return [await backstage.enqueue("email:send", {"n": n}, **options) for n in range(number)]  # type: ignore[misc]


async def _run(backstage: UseCases, digest: str) -> BulkOperation:
    await backstage.start_bulk(digest, FAST, started_by="ada")
    return await _last(backstage, digest)


@pytest.mark.parametrize("query", ["", "  "])
async def test_a_plan_for_every_task_has_to_say_so(backstage: UseCases, query: str) -> None:
    await _enqueued(backstage, 2)
    with pytest.raises(InvalidQueryError, match=r"write type:\* if you mean every task"):
        await backstage.plan_bulk(CANCEL, query)
    assert (await backstage.plan_bulk(CANCEL, EVERY_TASK)).count == 2


async def test_a_plan_says_what_would_be_changed_and_changes_nothing(backstage: UseCases) -> None:
    tasks = await _enqueued(backstage, 12, queue="mail")
    await _enqueued(backstage, 2, queue="other")
    plan = await backstage.plan_bulk(CANCEL, "queue:mail")
    assert (plan.count, plan.is_exact, plan.query) == (12, True, "queue:mail")
    assert [task.id for task in plan.sample] == [task.id for task in tasks[:1:-1]]
    assert plan.oldest == tasks[0].created_at
    assert (await backstage.count_tasks("state:pending")).tasks == 14
    assert await backstage.list_bulk() == ()


@pytest.mark.parametrize(
    ("action", "query", "expected"),
    [
        (CANCEL, "queue:mail", {"queue:mail state:cancelled": 5, "state:cancelled": 5}),
        (BulkAction(BulkKind.PRIORITISE, priority=50), "queue:mail", {"priority:50": 5}),
        (BulkAction(BulkKind.MOVE, queue="bulk"), "payload.n:<3", {"queue:bulk": 6, "queue:mail": 2}),
    ],
)
async def test_an_operation_changes_all_that_match_and_nothing_else(
    backstage: UseCases, action: BulkAction, query: str, expected: dict[str, int]
) -> None:
    await _enqueued(backstage, 5, queue="mail")
    await _enqueued(backstage, 5, queue="other")
    plan = await backstage.plan_bulk(action, query)
    operation = await _run(backstage, plan.digest)
    assert (operation.state, operation.done, operation.failed) == (BulkState.DONE, plan.count, 0)
    assert {query: (await backstage.count_tasks(query)).tasks for query in expected} == expected


async def test_cancelled_tasks_are_retried_and_then_cancelled_and_pruned_and_all_of_it_is_audited(
    backstage: UseCases,
) -> None:
    await _enqueued(backstage, 3)
    for kind in (BulkKind.CANCEL, BulkKind.RETRY, BulkKind.CANCEL, BulkKind.PRUNE):
        plan = await backstage.plan_bulk(BulkAction(kind), "type:email:*")
        assert (await _run(backstage, plan.digest)).done == 3
        backstage.clock.advance(1)  # type: ignore[attr-defined]
    assert (await backstage.count_tasks("")).tasks == 0
    entries = (await backstage.list_audit()).entries
    told = [(each.who, each.action, each.tasks) for each in entries]
    assert told == [("ada", f"bulk_{kind}", 3) for kind in ("prune", "cancel", "retry", "cancel")]
    assert len(await backstage.list_bulk()) == 4


async def test_tasks_that_came_after_the_plan_are_left_alone(backstage: UseCases, clock: FakeClock) -> None:
    await _enqueued(backstage, 2)
    plan = await backstage.plan_bulk(CANCEL, EVERY_TASK)
    clock.advance(1)
    [later] = await _enqueued(backstage, 1)
    assert (await _run(backstage, plan.digest)).done == 2
    assert (await backstage.get_task(later.id)).state is TaskState.PENDING


async def test_what_refuses_is_counted_with_its_reason(backstage: UseCases) -> None:
    await _enqueued(backstage, 2)
    await backstage.enqueue("email:send", dedupe=Dedupe("once"))
    plan = await backstage.plan_bulk(BulkAction(BulkKind.MOVE, queue="bulk"), EVERY_TASK)
    operation = await _run(backstage, plan.digest)
    assert (operation.done, operation.failed) == (2, 1)
    assert "has a dedupe key" in operation.problem


async def test_an_operation_goes_on_where_a_dead_process_has_left_it(backstage: UseCases, clock: FakeClock) -> None:
    await _enqueued(backstage, 10)
    plan = await backstage.plan_bulk(CANCEL, EVERY_TASK)
    await backstage.start_bulk(plan.digest, 6.0)
    dead = aiter(backstage.run_bulk(plan.digest))
    assert (await anext(dead)).done == 3
    operation = await backstage.get_bulk(plan.digest)
    assert operation.is_driven(clock.now())
    await backstage.carry_on_bulk()
    assert (await backstage.get_bulk(plan.digest)).done == 3
    clock.advance(16)
    faster = replace(operation, rate=FAST, version=operation.version + 1)
    assert await backstage.backend.bulk_operations.save(faster)
    await backstage.carry_on_bulk()
    operation = await backstage.get_bulk(plan.digest)
    assert (operation.state, operation.done, operation.failed) == (BulkState.DONE, 10, 0)
    assert [each.state async for each in backstage.run_bulk(plan.digest)] == [BulkState.DONE]


@pytest.mark.parametrize(
    "action",
    [
        CANCEL,
        PRUNE,
        BulkAction(BulkKind.RETRY),
        BulkAction(BulkKind.PRIORITISE, priority=7),
        BulkAction(BulkKind.MOVE, queue="bulk"),
    ],
    ids=str,
)
async def test_a_step_that_a_dead_process_has_half_done_is_finished_and_counted_once(
    backstage: UseCases, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, action: BulkAction
) -> None:
    tasks = await _enqueued(backstage, 4)
    if TaskState.PENDING not in action.states:
        for task in tasks:
            await backstage.cancel_task(task.id)
    plan, change = await backstage.plan_bulk(action, EVERY_TASK), ChangeForBulk.__call__

    async def die(self: ChangeForBulk, action: BulkAction, tasks: Sequence[Task]) -> list[str]:
        await change(self, action, tasks[:2])
        raise ProcessLookupError

    with monkeypatch.context() as dying:
        dying.setattr(ChangeForBulk, "__call__", die)
        with pytest.raises(ProcessLookupError):
            await _run(backstage, plan.digest)
    if action.kind is BulkKind.RETRY:
        await backstage.cancel_task(tasks[3].id)  # the newest was retried first: it is not retried again
    clock.advance(16)
    operation = await _run(backstage, plan.digest)
    assert (operation.state, operation.done, operation.failed) == (BulkState.DONE, 4, 0)
    if action.kind is BulkKind.RETRY:
        assert (await backstage.get_task(tasks[3].id)).state is TaskState.CANCELLED


async def test_a_stopped_operation_ends_after_its_step_and_its_follower_with_it(backstage: UseCases) -> None:
    await _enqueued(backstage, 10)
    plan = await backstage.plan_bulk(CANCEL, EVERY_TASK)
    await backstage.start_bulk(plan.digest, 4.0)
    driving, following = (aiter(backstage.run_bulk(plan.digest)) for _ in range(2))
    assert (await anext(driving)).done == (await anext(following)).done == 2
    assert (await backstage.stop_bulk(plan.digest)).state is BulkState.STOPPED
    for each in (driving, following):
        assert (await asyncio.wait_for(anext(each), 10)).state is BulkState.STOPPED
    assert (await backstage.count_tasks("state:cancelled")).tasks == 2
    assert (await backstage.stop_bulk(plan.digest)).state is BulkState.STOPPED


async def test_what_a_step_has_changed_is_counted_and_audited_once_though_it_was_stopped_meanwhile(
    backstage: UseCases,
) -> None:
    await _enqueued(backstage, 40)
    plan = await backstage.plan_bulk(CANCEL, "type:*")
    await backstage.start_bulk(plan.digest, FAST, started_by="ada")
    driving, following = (asyncio.create_task(_last(backstage, plan.digest)) for _ in range(2))
    async with asyncio.timeout(30):
        while True:
            await asyncio.sleep(0)
            if (await backstage.count_tasks("state:cancelled")).tasks:
                break
    assert (await backstage.stop_bulk(plan.digest)).done == 0
    assert [(each.state, each.done) for each in (await driving, await backstage.get_bulk(plan.digest))] == [
        (BulkState.STOPPED, 40)
    ] * 2
    await following
    assert [each.tasks for each in (await backstage.list_audit()).entries] == [40]


async def _last(backstage: UseCases, digest: str) -> BulkOperation:
    return [each async for each in backstage.run_bulk(digest)][-1]


async def test_a_plan_holds_for_an_hour_and_is_started_once(backstage: UseCases, clock: FakeClock) -> None:
    await _enqueued(backstage, 1)
    plan, late = await backstage.plan_bulk(CANCEL, EVERY_TASK), await backstage.plan_bulk(PRUNE, EVERY_TASK)
    first = await backstage.start_bulk(plan.digest, started_by="ada")
    assert await backstage.start_bulk(plan.digest, started_by="bob") == first
    clock.advance(3601)
    for digest in (late.digest, "unknown"):
        with pytest.raises(BulkNotFoundError, match="plan it again"):
            await backstage.start_bulk(digest)
    await backstage.plan_bulk(CANCEL, EVERY_TASK)
    with pytest.raises(BulkNotFoundError):
        await backstage.get_bulk(late.digest)


@pytest.mark.parametrize(
    "options", [{"kind": "explode"}, {"kind": "move"}, {"kind": "retry", "queue": "x"}, {"kind": "move", "queue": "ü"}]
)
def test_an_action_that_makes_no_sense_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(InvalidTaskDataError):
        BulkAction(**options)  # type: ignore[arg-type]


async def test_a_rate_that_is_none_is_refused(backstage: UseCases) -> None:
    plan = await backstage.plan_bulk(CANCEL, EVERY_TASK)
    for rate in (0, -1, True, "fast"):
        with pytest.raises(InvalidTaskDataError, match="rate"):
            await backstage.start_bulk(plan.digest, rate)  # type: ignore[arg-type]
