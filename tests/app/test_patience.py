"""A store of which each portion that a search looks at takes a while, by a clock that only the store moves."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from backstage.app.count_tasks import CountTasks
from backstage.app.search_tasks import SearchTasks
from backstage.domain.patience import IsOver, never_over
from backstage.domain.search_page import LOOKED_AT, Counted, SearchPage
from backstage.domain.task import Task
from backstage.domain.task_search import TaskSearch
from backstage.infra.memory.searching import MemoryLooking
from backstage.infra.memory.store import MemoryStore
from backstage.infra.memory.tasks import MemoryTasks
from backstage.infra.searching import count_matching, search_page
from backstage.testing.fake_clock import FakeClock

TASKS = 1500
PORTIONS = 128 + 256
"""What is looked at until the time is over."""


class SlowLooking(MemoryLooking):
    def __init__(self, clock: FakeClock, store: MemoryStore, search: TaskSearch) -> None:
        super().__init__(store, search)
        self._clock = clock

    async def facts(self, ids: Sequence[str]) -> Sequence[tuple[str, Task | None]]:
        self._clock.advance(0.04)
        return await super().facts(ids)


class SlowTasks(MemoryTasks):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(MemoryStore(clock))
        self._clock = clock

    async def search(
        self, search: TaskSearch, limit: int, after: str | None, look_at: int, is_over: IsOver = never_over
    ) -> SearchPage:
        looking = SlowLooking(self._clock, self._store, search)
        return await search_page(looking, search, limit, after, look_at, is_over)

    async def count_matching(self, search: TaskSearch, look_at: int, is_over: IsOver = never_over) -> Counted:
        return await count_matching(SlowLooking(self._clock, self._store, search), search, look_at, is_over)


@pytest.fixture
async def tasks() -> SlowTasks:
    """1500 tasks; every hundredth has another user."""
    clock = FakeClock()
    tasks = SlowTasks(clock)
    await tasks.add([_task(number, clock) for number in range(TASKS)])
    return tasks


@pytest.fixture
def search_tasks(tasks: SlowTasks) -> SearchTasks:
    return SearchTasks(tasks, tasks._clock)


def _task(number: int, clock: FakeClock) -> Task:
    id_ = f"0193ab12-0000-7000-8000-{number:012x}"
    return Task(
        id=id_,
        type="email:send",
        payload_json=f'{{"user":{0 if number % 100 else 1}}}',
        created_at=clock.now(),
        scheduled_at=clock.now(),
        correlation_id=id_,
        workflow_id=id_,
    )


async def test_a_search_whose_time_is_over_ends_after_its_portion_and_the_next_goes_on_from_there(
    search_tasks: SearchTasks,
) -> None:
    found, after, looked = list[Task](), None, list[int]()
    while True:
        page = await search_tasks("payload.user:1", after=after)
        found += page.tasks
        looked.append(page.looked)
        if page.next_after is None:
            break
        assert not page.is_whole
        after = page.next_after
    assert [int(task.id[-12:], 16) for task in found] == [*range(1400, -1, -100)]
    assert looked == [PORTIONS, PORTIONS, PORTIONS, TASKS - 3 * PORTIONS]


async def test_a_search_that_finds_nothing_in_its_time_says_where_to_go_on(search_tasks: SearchTasks) -> None:
    page = await search_tasks("payload.user:2")
    assert (page.tasks, page.is_whole, page.next_after) == (
        (),
        False,
        f"0193ab12-0000-7000-8000-{TASKS - PORTIONS:012x}",
    )


async def test_a_search_with_more_patience_looks_at_all(search_tasks: SearchTasks) -> None:
    page = await search_tasks("payload.user:1", patience=math.inf)
    assert (len(page.tasks), page.looked, page.is_whole) == (15, TASKS, True)


async def test_without_any_patience_a_portion_is_looked_at_and_what_the_index_decides_is_read(
    search_tasks: SearchTasks,
) -> None:
    assert (await search_tasks("payload.user:2", patience=0)).looked == 128
    page = await search_tasks("state:pending", 1000, patience=0)
    assert (len(page.tasks), page.is_whole) == (1000, True)


async def test_the_end_of_what_there_is_is_told_though_the_time_is_over(search_tasks: SearchTasks) -> None:
    page = await search_tasks("payload.user:2", after=f"0193ab12-0000-7000-8000-{100:012x}", patience=0)
    assert (page.next_after, page.looked, page.is_whole) == (None, 100, True)


async def test_a_count_whose_time_is_over_says_how_far_it_looked(tasks: SlowTasks) -> None:
    count_tasks = CountTasks(tasks, tasks._clock)
    assert await count_tasks("payload.user:1") == Counted(3, False, PORTIONS)
    assert await count_tasks("payload.user:1", patience=math.inf) == Counted(15, True, TASKS)
    assert TASKS < LOOKED_AT
