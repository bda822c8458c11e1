from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from backstage.domain.errors import InvalidTaskDataError
from backstage.testing import TaskBench
from backstage.testing.at_once import at_once


@dataclass
class Mail:
    to: str
    tags: list[str]


async def test_pending_tasks_come_in_the_order_they_were_enqueued(bench: TaskBench) -> None:
    await bench.enqueue("a", delay=60)
    await bench.enqueue("b", queue="mail")
    await bench.enqueue("a", priority=10)
    assert [task.type for task in bench.enqueued()] == ["a", "b", "a"]
    assert len(bench.enqueued("a")) == 2
    assert [task.type for task in bench.enqueued(queue="mail")] == ["b"]


async def test_more_tasks_than_a_page_are_all_seen(bench: TaskBench) -> None:
    for number in range(1001):
        await bench.enqueue("a", number)
    assert [task.payload for task in bench.enqueued("a")] == list(range(1001))


async def test_a_payload_is_compared_as_the_json_it_becomes(bench: TaskBench) -> None:
    await bench.enqueue("mail", Mail("ada", ["a"]))
    bench.assert_enqueued("mail", Mail("ada", ["a"]))
    bench.assert_enqueued("mail", {"tags": ("a",), "to": "ada"})
    with pytest.raises(AssertionError):
        bench.assert_enqueued("mail", {"to": "ada"})


async def test_no_payload_is_a_payload_to_expect(bench: TaskBench) -> None:
    await bench.enqueue("a", 0)
    with pytest.raises(AssertionError, match="with payload null"):
        bench.assert_enqueued("a", None)


async def test_some_keys_of_a_payload_may_be_expected_at_every_level(bench: TaskBench) -> None:
    await bench.enqueue("mail", {"to": {"name": "ada", "id": 1}, "tags": ["a", "b"]})
    [task] = bench.assert_enqueued("mail", containing={"to": {"id": 1}, "tags": ["a", "b"]})
    assert task.payload["to"]["name"] == "ada"
    for other in ({"to": {"id": 2}}, {"tags": ["a"]}, {"cc": None}, {"to": {"id": {}}}):
        bench.assert_enqueued("mail", containing=other, count=0)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"queue": "slow"}, "expected at least one pending task: mail on queue slow"),
        ({"delay": 30}, "expected at least one pending task: mail due in 30 s"),
        ({"count": 2}, "expected 2 pending tasks: mail\nfound 1"),
        ({"count": 0}, "expected 0 pending tasks: mail\nfound 1"),
        (
            {"containing": {"to": "bob"}, "count": 1},
            'expected 1 pending task: mail with a payload containing {"to":"bob"}',
        ),
    ],
)
async def test_a_failed_expectation_says_what_was_expected(
    bench: TaskBench, options: dict[str, object], expected: str
) -> None:
    await bench.enqueue("mail", {"to": "ada"}, delay=60)
    with pytest.raises(AssertionError) as caught:
        bench.assert_enqueued("mail", **options)
    assert str(caught.value).startswith(expected)


async def test_a_failed_expectation_shows_what_is_pending_the_same_type_first(bench: TaskBench) -> None:
    await bench.enqueue("sms", {"to": 1})
    await bench.enqueue("mail", {"to": "ada"}, delay=60, queue="slow")
    with pytest.raises(AssertionError) as caught:
        bench.assert_enqueued("mail", delay=0)
    assert str(caught.value).splitlines()[1:] == [
        "found 0; these are pending:",
        '  mail on queue slow due in 60 s with payload {"to":"ada"}',
        '  sms on queue default due now with payload {"to":1}',
    ]


async def test_a_failed_expectation_of_an_empty_bench_says_so(bench: TaskBench) -> None:
    with pytest.raises(AssertionError, match="found 0; no task is pending"):
        bench.assert_enqueued("mail")


async def test_a_long_list_of_pending_tasks_is_cut(bench: TaskBench) -> None:
    for number in range(25):
        await bench.enqueue("sms", number)
    with pytest.raises(AssertionError, match="… and 5 more"):
        bench.assert_enqueued("mail")


async def test_a_duplicate_is_none_like_on_a_worker(bench: TaskBench) -> None:
    assert await bench.enqueue("a", dedupe="once") is not None
    assert await bench.enqueue("a", dedupe="once") is None


async def test_a_task_that_no_store_would_take_is_refused(bench: TaskBench) -> None:
    with pytest.raises(InvalidTaskDataError, match=r"payload\.at"):
        await bench.enqueue("a", {"at": bench.clock.now().replace(tzinfo=None)})


def test_what_waits_cannot_be_answered_at_once() -> None:
    with pytest.raises(RuntimeError, match="waits for something"):
        at_once(asyncio.sleep(0))
