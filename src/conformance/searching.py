from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import combinations, product
from typing import Any

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import BROKEN, Trial
from backstage.domain.retention import Retention
from backstage.domain.task import Task
from backstage.domain.task_query import MAX_PAGE, TaskPage, TaskQuery
from backstage.domain.task_state import TaskState


class Searching(BackendSuite):
    """TaskRepository.find: newest first, by any conditions, a page at a time."""

    async def test_an_empty_store_has_one_empty_page(self, trial: Trial) -> None:
        assert await trial.tasks.find(TaskQuery()) == TaskPage((), None)

    async def test_without_conditions_all_tasks_are_found_newest_first(self, trial: Trial) -> None:
        tasks = [await trial.added() for _ in range(5)]
        assert await trial.tasks.find(TaskQuery()) == TaskPage(tuple(tasks[::-1]), None)

    async def test_tasks_are_found_by_state(self, trial: Trial) -> None:
        by_state = await _one_in_each_state(trial)
        for state, task in by_state.items():
            assert await trial.tasks.find(TaskQuery(states=frozenset({state}))) == TaskPage((task,), None)

    async def test_tasks_are_found_by_any_of_several_states(self, trial: Trial) -> None:
        by_state = await _one_in_each_state(trial)
        page = await trial.tasks.find(TaskQuery(states=frozenset({TaskState.FAILED, TaskState.CANCELLED})))
        assert set(_ids(page)) == {by_state[TaskState.FAILED].id, by_state[TaskState.CANCELLED].id}

    async def test_tasks_are_found_by_queue(self, trial: Trial) -> None:
        mail, _ = await trial.added(queue="mail"), await trial.added(queue="reports")
        assert await trial.tasks.find(TaskQuery(queue="mail")) == TaskPage((mail,), None)

    async def test_tasks_are_found_by_type(self, trial: Trial) -> None:
        build, _ = await trial.added(type="report:build"), await trial.added(type="report:builds")
        assert await trial.tasks.find(TaskQuery(type="report:build")) == TaskPage((build,), None)

    async def test_tasks_are_found_by_workflow(self, trial: Trial) -> None:
        first, _ = await trial.added(workflow_id="flow"), await trial.added()
        second = await trial.added(workflow_id="flow")
        assert await trial.tasks.find(TaskQuery(workflow_id="flow")) == TaskPage((second, first), None)

    async def test_tasks_are_found_by_correlation(self, trial: Trial) -> None:
        found, _ = await trial.added(correlation_id="ü 1"), await trial.added(correlation_id="ü 2")
        assert await trial.tasks.find(TaskQuery(correlation_id="ü 1")) == TaskPage((found,), None)

    async def test_tasks_are_found_by_each_of_their_tags(self, trial: Trial) -> None:
        first, _ = await trial.added(tags=("vip", "ü 1")), await trial.added(tags=("ü 2",))
        second, _ = await trial.added(tags=("ü 1",), queue="mail"), await trial.added()
        assert await trial.tasks.find(TaskQuery(tag="ü 1")) == TaskPage((second, first), None)
        assert await trial.tasks.find(TaskQuery(tag="vip")) == TaskPage((first,), None)
        assert await trial.tasks.find(TaskQuery(tag="ü")) == TaskPage((), None)

    async def test_tasks_are_found_by_key(self, trial: Trial) -> None:
        first, _ = await trial.added(key="ü 1"), await trial.added(key="ü 2")
        second, _ = await trial.added(key="ü 1", queue="mail"), await trial.added()
        assert await trial.tasks.find(TaskQuery(key="ü 1")) == TaskPage((second, first), None)

    async def test_tags_and_keys_go_together_with_every_other_condition(self, trial: Trial) -> None:
        fields: dict[str, tuple[Any, ...]] = {
            "workflow_id": ("f", "g"),
            "correlation_id": ("c", "d"),
            "key": ("k", None),
            "tags": (("t", "u"), ()),
        }
        tasks = [await trial.added(**dict(zip(fields, values, strict=True))) for values in product(*fields.values())]
        asked: dict[str, Any] = {"workflow_id": "f", "correlation_id": "c", "key": "k", "tag": "u"}
        queries = [TaskQuery(**dict(some)) for number in (2, 3, 4) for some in combinations(asked.items(), number)]
        for query in (*queries, TaskQuery(tag="t", states=frozenset({TaskState.PENDING}), limit=3)):
            matching = tuple(task for task in reversed(tasks) if query.matches(task))
            page = await trial.tasks.find(query)
            assert page.tasks == matching[: query.limit]

    async def test_a_task_is_found_by_its_tags_and_its_key_until_it_is_pruned(self, trial: Trial) -> None:
        first, other = await trial.added(tags=("t", "u"), key="k"), await trial.added(tags=("t",), key="k")
        [running] = await trial.claim()
        following = trial.new_task(tags=("next",), key="k", queue="later")
        await trial.settle(running.completed(next_tasks=(following,)))
        assert _ids(await trial.tasks.find(TaskQuery(tag="t"))) == [other.id, first.id]
        assert _ids(await trial.tasks.find(TaskQuery(tag="next"))) == [following.id]
        await trial.tasks.prune(Retention(state=TaskState.COMPLETED, keep_last=0), 10)
        assert _ids(await trial.tasks.find(TaskQuery(tag="t"))) == [other.id]
        assert _ids(await trial.tasks.find(TaskQuery(tag="u"))) == []
        assert _ids(await trial.tasks.find(TaskQuery(key="k"))) == [following.id, other.id]

    async def test_all_conditions_hold_together(self, trial: Trial) -> None:
        tasks = [
            await trial.added(queue=queue, type=type_, workflow_id=flow)
            for queue in "xy"
            for type_ in "ab"
            for flow in ("f", "g")
        ]
        query = TaskQuery(queue="x", type="b", workflow_id="g", states=frozenset({TaskState.PENDING}))
        page = await trial.tasks.find(query)
        assert page.tasks == tuple(task for task in tasks if query.matches(task))
        assert len(page.tasks) == 1

    async def test_a_name_that_nothing_has_finds_nothing(self, trial: Trial) -> None:
        await trial.added()
        assert await trial.tasks.find(TaskQuery(queue="nowhere")) == TaskPage((), None)

    async def test_pages_follow_each_other_without_gap_or_overlap(self, trial: Trial) -> None:
        tasks = [await trial.added() for _ in range(7)]
        pages = await _pages(trial, TaskQuery(limit=3))
        assert [len(page) for page in pages] == [3, 3, 1]
        assert [task for page in pages for task in page] == tasks[::-1]

    async def test_a_page_that_ends_with_the_last_task_has_no_successor(self, trial: Trial) -> None:
        tasks = [await trial.added() for _ in range(4)]
        assert [len(page) for page in await _pages(trial, TaskQuery(limit=2))] == [2, 2]
        assert (await trial.tasks.find(TaskQuery(limit=4))) == TaskPage(tuple(tasks[::-1]), None)

    async def test_the_next_page_starts_after_the_last_id_of_this_one(self, trial: Trial) -> None:
        tasks = [await trial.added() for _ in range(4)]
        page = await trial.tasks.find(TaskQuery(limit=3))
        assert page.next_after == page.tasks[-1].id == tasks[1].id

    async def test_paging_is_stable_while_tasks_are_added(self, trial: Trial) -> None:
        tasks = [await trial.added() for _ in range(6)]
        first = await trial.tasks.find(TaskQuery(limit=3))
        await trial.tasks.add([trial.new_task() for _ in range(10)])
        second = await trial.tasks.find(TaskQuery(limit=3, after=first.next_after))
        assert first.tasks + second.tasks == tuple(tasks[::-1])
        assert second.next_after is None

    async def test_paging_holds_within_a_filter(self, trial: Trial) -> None:
        tasks = [await trial.added(queue="xy"[n % 2]) for n in range(10)]
        pages = await _pages(trial, TaskQuery(queue="x", limit=2))
        assert [task for page in pages for task in page] == tasks[-2::-2]

    async def test_the_largest_page_is_given_whole(self, trial: Trial) -> None:
        await trial.tasks.add([trial.new_task() for _ in range(MAX_PAGE + 1)])
        page = await trial.tasks.find(TaskQuery(limit=MAX_PAGE))
        assert len(page.tasks) == MAX_PAGE
        assert page.next_after is not None

    async def test_a_page_after_the_oldest_task_is_empty(self, trial: Trial) -> None:
        oldest = await trial.added()
        assert await trial.tasks.find(TaskQuery(after=oldest.id)) == TaskPage((), None)

    async def test_those_that_ended_since_a_moment_are_told_in_the_order_of_their_ends(self, trial: Trial) -> None:
        first, second = await trial.running(queue="a"), await trial.running(queue="b")
        begun = trial.clock.now()
        trial.clock.advance(1)
        await trial.settle(second.completed("1"))
        trial.clock.advance(1)
        await trial.settle(first.gave_up(BROKEN))
        third = await trial.added(queue="a")
        trial.clock.advance(1)
        await trial.tasks.save(third.cancel(trial.clock.now()))
        await trial.added()
        ended = await trial.tasks.ended_since(begun, 10)
        assert [(each.id, each.state) for each in ended] == [
            (second.id, TaskState.COMPLETED),
            (first.id, TaskState.FAILED),
            (third.id, TaskState.CANCELLED),
        ]
        assert ended == [await trial.tasks.get(each.id) for each in ended]
        assert await trial.tasks.ended_since(begun, 2) == ended[:2]
        assert ended[1].finished_at is not None
        assert await trial.tasks.ended_since(ended[1].finished_at, 10) == ended[1:]
        assert await trial.tasks.ended_since(trial.clock.now() + timedelta(seconds=1), 10) == []


def _ids(page: TaskPage) -> list[str]:
    return [task.id for task in page.tasks]


async def _pages(trial: Trial, query: TaskQuery) -> list[tuple[Task, ...]]:
    page = await trial.tasks.find(query)
    pages = [page.tasks]
    while page.next_after is not None:
        page = await trial.tasks.find(replace(query, after=page.next_after))
        pages.append(page.tasks)
    return pages


async def _one_in_each_state(trial: Trial) -> dict[TaskState, Task]:
    ends = [await trial.running() for _ in range(4)]
    await trial.queue.settle([ends[0].completed("1"), ends[1].gave_up(BROKEN), ends[2].cancelled()])
    await trial.added(delay=60.0)
    everything = (await trial.tasks.find(TaskQuery())).tasks
    by_state = {task.state: task for task in everything}
    assert by_state.keys() == set(TaskState)
    return by_state
