from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import pytest

from backstage.conformance.task_factory import TaskFactory
from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import StorageUnavailableError
from backstage.domain.task import Task
from backstage.infra.joined_adds import JoinedAdds
from backstage.testing import FakeClock


class Shelf:
    """Stores nothing before `open` is set, and notes what came together."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.asked, self.open = asyncio.Event(), asyncio.Event()
        self.refused: dict[str, Exception] = {}
        self._storing: set[asyncio.Task[None]] = set()
        self.adds = JoinedAdds(self._store, self._begin, tasks_at_once=3, characters_at_once=1_000)

    def _begin(self, storing: Coroutine[Any, Any, None]) -> None:
        self._storing.add(asyncio.get_running_loop().create_task(storing))

    async def _store(self, tasks: Sequence[Task]) -> list[Duplicate | None]:
        self.asked.set()
        await self.open.wait()
        self.batches.append([task.id for task in tasks])
        for task in tasks:
            if task.id in self.refused:
                raise self.refused[task.id]
        return [Duplicate("holder", task.id) for task in tasks]


async def begun(shelf: Shelf, *calls: list[Task]) -> list[asyncio.Task[list[Duplicate | None]]]:
    """Make the calls, and all but the first while that one is being stored."""
    first = asyncio.create_task(shelf.adds.add(calls[0]))
    await shelf.asked.wait()
    others = [asyncio.create_task(shelf.adds.add(tasks)) for tasks in calls[1:]]
    await asyncio.sleep(0)  # each has come, and waits
    return [first, *others]


def keys(answers: list[Duplicate | None]) -> list[str | None]:
    return [answer and answer.key for answer in answers]


async def test_calls_that_come_meanwhile_go_together_and_each_has_its_own_answers() -> None:
    shelf, (a, b, c, d) = Shelf(), _tasks(4)
    adding = await begun(shelf, [a], [b, c], [d])
    shelf.open.set()
    assert [keys(answers) for answers in await asyncio.gather(*adding)] == [[a.id], [b.id, c.id], [d.id]]
    assert shelf.batches == [[a.id], [b.id, c.id, d.id]]


async def test_a_message_does_not_grow_beyond_its_size() -> None:
    shelf, (a, b, c, d, e) = Shelf(), _tasks(5)
    adding = await begun(shelf, [a], [b, c], [d, e])
    shelf.open.set()
    await asyncio.gather(*adding)
    assert shelf.batches == [[a.id], [b.id, c.id], [d.id, e.id]]


async def test_a_call_that_cannot_be_stored_fails_alone() -> None:
    shelf, (a, b, c, d) = Shelf(), _tasks(4)
    shelf.refused[c.id] = ValueError("not new")
    adding = await begun(shelf, [a], [b], [c], [d])
    shelf.open.set()
    answers = await asyncio.gather(*adding, return_exceptions=True)
    assert [keys(each) if isinstance(each, list) else each for each in answers] == [
        [a.id],
        [b.id],
        shelf.refused[c.id],
        [d.id],
    ]


async def test_where_the_store_is_away_no_call_is_made_again() -> None:
    shelf, (a, b, c) = Shelf(), _tasks(3)
    shelf.refused[b.id] = StorageUnavailableError("away")
    adding = await begun(shelf, [a], [b], [c])
    shelf.open.set()
    _, *others = await asyncio.gather(*adding, return_exceptions=True)
    assert others == [shelf.refused[b.id]] * 2
    assert shelf.batches == [[a.id], [b.id, c.id]]


async def test_a_caller_that_is_cancelled_before_its_turn_stores_nothing() -> None:
    shelf, (a, b, c) = Shelf(), _tasks(3)
    adding = await begun(shelf, [a], [b], [c])
    adding[1].cancel()
    with pytest.raises(asyncio.CancelledError):
        await adding[1]
    shelf.open.set()
    await asyncio.gather(adding[0], adding[2])
    assert shelf.batches == [[a.id], [c.id]]


def _tasks(number: int) -> list[Task]:
    new_task = TaskFactory(FakeClock())
    return [new_task() for _ in range(number)]
