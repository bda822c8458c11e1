"""What a search needs of the file: each step on a snapshot of its own."""

from __future__ import annotations

import heapq
import json
import sqlite3
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import islice

from backstage.domain.task import Task
from backstage.domain.task_search import SearchIndex, TaskSearch
from backstage.domain.task_state import TaskState
from backstage.infra.search_facts import SearchFacts
from backstage.infra.search_probe import SearchProbe
from backstage.infra.sqlite.lane_ids import column, ids_in_lane
from backstage.infra.sqlite.reader import Reader
from backstage.infra.sqlite.statements import statement
from backstage.infra.task_row import task_of

_NEWEST = "SELECT id FROM backstage_tasks WHERE id < ? ORDER BY id DESC"
_BY = {
    SearchIndex.KEY: "SELECT id FROM backstage_tasks WHERE key = ? AND id < ? ORDER BY id DESC",
    SearchIndex.TAG: "SELECT id FROM backstage_tags WHERE tag = ? AND id < ? ORDER BY id DESC",
}
_LANES = "SELECT queue, type, state FROM backstage_counts WHERE tasks > pruned"
_AFTER_ALL_IDS = "\U0010ffff"


class SqliteLooking:
    """One search."""

    leads_to_no_others = True

    def __init__(self, reader: Reader, search: TaskSearch) -> None:
        self._reader, self._search = reader, search
        self._probe, self._facts = SearchProbe.of(search), SearchFacts.of(search)

    async def ids(self, below: str | None, number: int) -> Sequence[str]:
        return await self._reader.run(partial(_ids, self._search, below or _AFTER_ALL_IDS, number))

    async def facts(self, ids: Sequence[str]) -> Sequence[tuple[str, Task | None]]:
        return await self._reader.run(partial(_facts, self._probe, self._facts, ids))

    async def read(self, ids: Sequence[str]) -> Iterable[Task]:
        return await self._reader.run(partial(_read, ids))


def _ids(search: TaskSearch, below: str, number: int, connection: sqlite3.Connection) -> list[str]:
    if search.index in (SearchIndex.WORKFLOW, SearchIndex.CORRELATION):
        name = {SearchIndex.WORKFLOW: "find_in_workflow", SearchIndex.CORRELATION: "find_correlated"}[search.index]
        arguments: dict[str, object] = {f"{search.index}_id": search.only(search.index), "below": below}
        return list(islice(column(connection, statement(name), arguments), number))
    if search.index in _BY:
        return list(islice(column(connection, _BY[search.index], (search.only(search.index), below)), number))
    if search.index in (SearchIndex.LANES, SearchIndex.WORKER):
        lanes = [
            ids_in_lane(connection, queue, type_, state, below, number)
            for queue, type_, state in connection.execute(_LANES).fetchall()
            if search.is_of_lane(queue, type_, TaskState(state))
        ]
        return list(islice(heapq.merge(*lanes, reverse=True), number))
    return list(islice(column(connection, _NEWEST, (below,)), number))


def _probed(probe: SearchProbe, ids: Sequence[str], connection: sqlite3.Connection) -> Sequence[str]:
    if probe.says_nothing:
        return ids
    first, second, third = [*probe.payload, None, None, None][:3]
    arguments: dict[str, object] = {
        "ids": json.dumps(ids),
        "since": probe.created_from,
        "until": probe.created_until,
        "error": probe.error,
        "attempts": probe.least_attempts,
        "due_after": probe.due_after,
        "first": first,
        "second": second,
        "third": third,
    }
    return list(column(connection, statement("probe_tasks"), arguments))


def _facts(
    probe: SearchProbe, facts: SearchFacts, ids: Sequence[str], connection: sqlite3.Connection
) -> list[tuple[str, Task | None]]:
    ids = _probed(probe, ids, connection)
    arguments = {"ids": json.dumps(ids), "tags": facts.tags, "failure": facts.failure, "payload": facts.payload}
    return [(row[0], facts.task_of(row)) for row in connection.execute(statement("find_facts"), arguments)]


def _read(ids: Sequence[str], connection: sqlite3.Connection) -> list[Task]:
    rows = connection.execute(statement("find_by_ids"), (json.dumps(ids),)).fetchall()
    return [task_of(row[1:]) for row in rows]
