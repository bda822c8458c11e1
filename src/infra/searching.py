"""The walk of a search, the same over every store: from the newest task to which the index leads, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Protocol

from backstage.domain.patience import IsOver, never_over
from backstage.domain.search_filters import greatest_id, is_id
from backstage.domain.search_page import Counted, SearchPage
from backstage.domain.task import Task
from backstage.domain.task_search import SearchIndex, TaskSearch

_FIRST, _MOST = 128, 2048
"""How many ids are asked for at first, and at most in one step."""
_READ_AT_ONCE = 500
_PORTION = 256
"""How many tasks are looked at before it is asked whether the time is over."""


class Looking(Protocol):
    """What a store must be able to do for one search."""

    @property
    def leads_to_no_others(self) -> bool:
        """Whether `ids` gives the ids alone to which the search's index leads."""
        ...

    async def ids(self, below: str | None, number: int) -> Sequence[str]:
        """The next ids below that one to which the search's index leads, the greatest first: all of them down to the
        last that is given, and no more than `number`; none if there are no more."""
        ...

    async def facts(self, ids: Sequence[str]) -> Sequence[tuple[str, Task | None]]:
        """Those that are still there, in any order: id, and the task with what the search looks at. None where
        something in it cannot be read, so that only the whole task tells. Those that surely do not match may be left
        out."""
        ...

    async def read(self, ids: Sequence[str]) -> Iterable[Task]:
        """The tasks that are still there, in any order."""
        ...


async def search_page(
    looking: Looking,
    search: TaskSearch,
    limit: int,
    after: str | None,
    look_at: int,
    is_over: IsOver = never_over,
) -> SearchPage:
    found: list[Task] = []
    looked, below = 0, after
    async for ids in _portions(looking, search, after, look_at):
        if looked and not search.is_of_index_alone and is_over():
            return SearchPage(tuple(found), below, looked, is_whole=False)
        places = {task_id: place for place, task_id in enumerate(ids, 1)}
        async for task in _matching(looking, search, ids, limit + 1 - len(found)):
            if len(found) == limit:
                return SearchPage(tuple(found), found[-1].id, looked + places[task.id], is_whole=True)
            found.append(task)
        looked, below = looked + len(ids), ids[-1]
    is_whole = looked < look_at
    return SearchPage(tuple(found), None if is_whole else below, looked, is_whole)


async def count_matching(looking: Looking, search: TaskSearch, look_at: int, is_over: IsOver = never_over) -> Counted:
    number = looked = 0
    async for ids in _portions(looking, search, None, look_at):
        if looked and is_over():
            return Counted(number, False, looked)
        number += len(await _those_that_match(looking, search, ids))
        looked += len(ids)
    return Counted(number, looked < look_at, looked)


async def _portions(
    looking: Looking, search: TaskSearch, after: str | None, look_at: int
) -> AsyncIterator[Sequence[str]]:
    """The same ids as of the steps, few at once: what they carry may be large."""
    async for ids in _steps(looking, search, after, look_at):
        for begin in range(0, len(ids), _PORTION):
            yield ids[begin : begin + _PORTION]


async def _steps(looking: Looking, search: TaskSearch, after: str | None, look_at: int) -> AsyncIterator[Sequence[str]]:
    """The ids to look at, in steps, until there are no more or `look_at` were given."""
    beginning = search.only("id") if search.index is SearchIndex.ID else None
    if beginning is not None:
        is_found = False
        async for ids in _that_begin_with(looking, beginning, after, look_at):
            is_found = True
            yield ids
        if is_found:
            return
    left, at_once = look_at, _FIRST
    while left > 0 and (ids := await looking.ids(after, min(left, at_once))):
        yield ids
        left, after, at_once = left - len(ids), ids[-1], min(_MOST, at_once * 4)


async def _that_begin_with(
    looking: Looking, beginning: str, after: str | None, look_at: int
) -> AsyncIterator[Sequence[str]]:
    greatest = greatest_id(beginning)
    if not is_id(greatest):
        return
    left = look_at
    if after is None or greatest < after:
        if first := [task.id for task in await looking.read([greatest])]:
            yield first
        left, after = left - len(first), greatest
    while left > 0 and greatest != beginning and (ids := await looking.ids(after, min(left, _FIRST))):
        if found := [each for each in ids if each.startswith(beginning)]:
            yield found
        if len(found) < len(ids):
            return
        left, after = left - len(ids), ids[-1]


async def _matching(looking: Looking, search: TaskSearch, ids: Sequence[str], wanted: int) -> AsyncIterator[Task]:
    """The first tasks that match, in the order of the ids: read in portions, for few may be wanted."""
    some = await _those_that_match(looking, search, ids)
    portion, begin = min(max(wanted, 16), _READ_AT_ONCE), 0
    while begin < len(some):
        asked = some[begin : begin + portion]
        tasks = {task.id: task for task in await looking.read(asked)}
        for task_id in asked:
            if (task := tasks.get(task_id)) is not None and search.matches(task):
                yield task
        begin, portion = begin + portion, min(portion * 2, _READ_AT_ONCE)


async def _those_that_match(looking: Looking, search: TaskSearch, ids: Sequence[str]) -> Sequence[str]:
    """Those among the ids whose tasks match, read no further than is needed to tell."""
    if search.is_of_index_alone and looking.leads_to_no_others:
        return ids
    ids = [each for each in ids if search.may_have_id(each)]
    facts = await looking.facts(ids) if ids else []
    unclear = [task_id for task_id, task in facts if task is None]
    tasks = [task for _, task in facts if task is not None] + (list(await looking.read(unclear)) if unclear else [])
    found = {task.id for task in tasks if search.matches(task)}
    return [each for each in ids if each in found]


def number_for_each(lanes: int, number: int) -> int:
    """How many ids to take of each of so many lanes, to have about `number` of them all."""
    return min(number, 2 * number // max(lanes, 1) + 8)


def merged(cut: Iterable[Sequence[str]], whole: Iterable[Sequence[str]], number: int) -> list[str]:
    """The greatest ids of all lanes, the greatest first. Of the lanes in `cut`, more ids follow the last: below the
    greatest of those, other ids may belong between, so none is given."""
    cut = list(cut)
    floor = max((ids[-1] for ids in cut), default="")
    certain = (task_id for ids in (*cut, *whole) for task_id in ids if task_id >= floor)
    return sorted(certain, reverse=True)[:number]
