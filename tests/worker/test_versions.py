from __future__ import annotations

import dataclasses
from types import ModuleType
from typing import Any

import pytest

from backstage import Backoff, ConfigurationError, InvalidTaskDataError, Next, TaskContext, TaskType, handler, upcast
from backstage.domain.lane_type import lane_type, plain_type, split_lane_type
from backstage.testing import TaskBench
from tests.worker.workers import Workers, finish, memory


@dataclasses.dataclass
class Invoice:
    number: int
    currency: str
    lines: list[str]


@handler("invoice:send", version=3)
def send(invoice: Invoice) -> list[Any]:
    return [invoice.number, invoice.currency, invoice.lines]


@upcast("invoice:send", 1)
def to_2(payload: Any) -> Any:
    return {**payload, "currency": "EUR"}


@upcast("invoice:send", 2)
def to_3(payload: Any) -> Any:
    return {**payload, "lines": []}


def module(*values: Any) -> ModuleType:
    made = ModuleType("versioned")
    for number, value in enumerate(values):
        setattr(made, f"value{number}", value)
    return made


async def test_older_payloads_are_raised_step_by_step_to_the_version_of_the_handler() -> None:
    async with TaskBench(module(send, to_2, to_3)) as bench:
        await bench.enqueue("invoice:send", {"number": 1})
        await bench.enqueue("invoice:send", {"number": 2, "currency": "USD"}, payload_version=2)
        await bench.enqueue("invoice:send", {"number": 3, "currency": "GBP", "lines": ["a"]}, payload_version=3)
        results = [task.result for task in await bench.drain()]
        assert results == [[1, "EUR", []], [2, "USD", []], [3, "GBP", ["a"]]]


async def test_a_handler_sees_no_payload_of_a_version_that_it_did_not_declare() -> None:
    seen: list[tuple[int, Any]] = []

    @handler("invoice:send", version=3)
    async def note(context: TaskContext) -> None:
        seen.append((context.task.payload_version, context.task.payload))

    async with TaskBench(module(note, to_3)) as bench:
        for version in (1, 2, 3, 4):
            await bench.enqueue("invoice:send", {"v": version}, payload_version=version)
        await bench.drain()
        assert seen == [(3, {"v": 2, "lines": []}), (3, {"v": 3})]
        assert [task.lane_type for task in bench.enqueued()] == ["invoice:send", "invoice:send@4"]
        with pytest.raises(AssertionError, match="invoice:send, invoice:send@4"):
            bench.assert_no_failures()


async def test_workers_of_two_releases_share_a_store_and_each_runs_what_it_knows(workers: Workers) -> None:
    backend = memory()
    before, after = (workers.over(backend, until_idle=True) for _ in range(2))
    before.on("greet", lambda name: f"first {name}")
    after.on("greet", lambda name: f"second {name}", version=2)
    tasks = [await before.enqueue("greet", "a"), await after.enqueue("greet", "b", payload_version=2)]
    await finish(after)
    assert [(await backend.tasks.get(each.id)).result for each in tasks] == [None, "second b"]
    await finish(before)
    assert [(await backend.tasks.get(each.id)).result for each in tasks] == ["first a", "second b"]


async def test_a_retry_raises_the_stored_payload_anew(workers: Workers) -> None:
    attempts: list[Any] = []

    def flaky(payload: Any) -> Any:
        attempts.append(payload)
        if len(attempts) == 1:
            raise OSError("once")
        return payload

    worker = workers.new(until_idle=True)
    worker.on("count", flaky, version=2, backoff=Backoff.fixed(0.01))
    worker.upcast("count", 1)(lambda payload: payload + 1)
    task = await worker.enqueue("count", 1)
    await finish(worker)
    stored = await worker.backstage.get_task(task.id)
    assert (attempts, stored.result) == ([2, 2], 2)
    assert (stored.payload, stored.payload_version) == (1, 1)


async def test_an_upcaster_that_raises_fails_the_attempt() -> None:
    async with TaskBench(max_attempts=1) as bench:
        bench.on("x", lambda payload: payload, version=2)
        bench.upcast("x", 1)(lambda payload: payload["missing"])
        task = await bench.enqueue("x", {})
        [ran] = await bench.drain()
        assert (ran.id, ran.state, str(ran.last_failure)) == (task.id, "failed", "KeyError: 'missing'")


async def test_a_task_type_carries_its_version_wherever_it_is_enqueued() -> None:
    greet = TaskType("greet", str, version=2, tags=("t",), key=lambda name: f"key of {name}")
    async with TaskBench() as bench:
        bench.on(greet, lambda name: Next("greet", name, payload_version=3) if name == "ada" else greet.next("eve"))
        first = await bench.enqueue(greet, "ada")
        assert (first.lane_type, first.tags, first.key) == ("greet@2", ("t",), "key of ada")
        await bench.enqueue(greet, "bob", key="other")
        await bench.run_one()
        await bench.run_one()
        assert {(each.lane_type, each.key) for each in bench.enqueued()} == {
            ("greet@3", None),
            ("greet@2", "key of eve"),
        }
        schedule = await bench.backstage.schedule(greet, "cy", cron="0 8 * * *", name="daily")
        assert (await bench.backstage.run_schedule_now("daily")).lane_type == "greet@2"  # type: ignore[union-attr]
        assert (await bench.backstage.get_schedule("daily")).cron == schedule.cron
    with pytest.raises(InvalidTaskDataError, match="key"):
        async with TaskBench() as other:
            await other.enqueue(TaskType("x", dict[str, str], key=lambda payload: payload["tenant"]), {})


async def test_all_versions_are_counted_and_waited_for_as_one_type() -> None:
    async with TaskBench() as bench:
        await bench.enqueue("x")
        bench.clock.advance(5)
        await bench.enqueue("x", payload_version=2)
        assert (await bench.backstage.get_task_stats()).by_type["x"].pending == 2
        assert [(each.type, each.waited) for each in await bench.backstage.get_oldest_due()] == [("x", 5.0)]
        assert "x" in (await bench.backstage.get_known_names()).types


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ((to_2,), "has an upcaster and no handler"),
        ((send, to_2), "nothing raises its version 2"),
        ((handler("invoice:send", version=2)(lambda payload: None), to_2, to_3), "say version=3 at the handler"),
        ((send, to_3, upcast("invoice:send", 2)(lambda payload: payload)), "version 2 has two upcasters"),
    ],
    ids=["no handler", "a gap", "too new", "two"],
)
async def test_upcasters_that_lead_nowhere_are_refused_at_the_start(
    workers: Workers, values: tuple[Any, ...], problem: str
) -> None:
    worker = workers.new()
    with pytest.raises(ConfigurationError, match=problem):
        worker.include(module(*values))
        await worker.start()


def test_what_somebody_else_wrote_with_an_at_sign_is_a_type_as_it_stands() -> None:
    for text in ("x@", "x@1", "x@02", "x@10000", "x@two", "@"):
        assert split_lane_type(text) == (text, 1)
    assert split_lane_type(lane_type("x", 9999)) == ("x", 9999)
    assert plain_type("x@3") == "x"


@pytest.mark.parametrize("version", [0, 10_000, 1.0, True, "2"])
async def test_a_version_that_is_none_is_refused(version: Any) -> None:
    async with TaskBench() as bench:
        with pytest.raises(InvalidTaskDataError, match="payload_version"):
            await bench.enqueue("x", payload_version=version)
    with pytest.raises(InvalidTaskDataError, match="version"):
        handler("x", version=version)(print)
