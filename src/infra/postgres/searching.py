"""What a search needs of the server: each step in a statement of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from backstage.domain.task import Task
from backstage.domain.task_search import SearchIndex, TaskSearch
from backstage.domain.task_state import TaskState
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.statements import statement
from backstage.infra.postgres.task_ids import LAST_ID, is_id
from backstage.infra.search_facts import SearchFacts
from backstage.infra.search_probe import SearchProbe
from backstage.infra.searching import merged, number_for_each
from backstage.infra.task_row import task_of

_LANES = "SELECT queue, type FROM backstage_lanes"
_NEWEST = """SELECT task.id::text FROM backstage_tasks AS task WHERE task.id < $1::uuid
             ORDER BY task.id DESC LIMIT $2::integer"""
_BY = {
    SearchIndex.KEY: """SELECT task.id::text FROM backstage_tasks AS task
                         WHERE task.key = $3::text AND task.id < $1::uuid
                        ORDER BY task.id DESC LIMIT $2::integer""",
    SearchIndex.TAG: """SELECT tagged.id::text FROM backstage_tags AS tagged
                         WHERE tagged.tag = $3::text AND tagged.tag <> '' AND tagged.id < $1::uuid
                        ORDER BY tagged.id DESC LIMIT $2::integer""",
}
_SPECIAL = re.compile(r"([\\%_])")
_OF_RUNNING = 0


class PostgresLooking:
    """One search on one connection."""

    leads_to_no_others = True

    def __init__(self, session: Session, search: TaskSearch) -> None:
        self._session, self._search = session, search
        self._probe, self._facts = SearchProbe.of(search), SearchFacts.of(search)
        self._lanes: list[tuple[str, str, str]] | None = None
        self._empty_below: dict[tuple[str, str, str], str] = {}
        """Lanes that turned out to have no ids below that one."""

    async def ids(self, below: str | None, number: int) -> Sequence[str]:
        below = below or LAST_ID
        match self._search.index:
            case SearchIndex.LANES | SearchIndex.WORKER:
                return await self._ids_of_lanes(below, number)
            case SearchIndex.WORKFLOW | SearchIndex.CORRELATION as index:
                own = self._search.only(index)
                arguments: tuple[Any, ...] = (below, number, own, own if is_id(own) else None)
                return await self._column(statement(f"find_ids_by_{index}"), *arguments)
            case SearchIndex.KEY | SearchIndex.TAG as index:
                return await self._column(_BY[index], below, number, self._search.only(index))
            case _:
                return await self._column(_NEWEST, below, number)

    async def facts(self, ids: Sequence[str]) -> Sequence[tuple[str, Task | None]]:
        wanted = self._facts
        if not (ids := await self._probed(ids)):
            return []
        arguments = list(ids), wanted.tags, wanted.failure, wanted.payload
        return [(row[0], wanted.task_of(row)) for row in await self._session.fetch(statement("find_facts"), *arguments)]

    async def _probed(self, ids: Sequence[str]) -> Sequence[str]:
        probe = self._probe
        if probe.created_from is not None or probe.created_until is not None or probe.payload:
            patterns = [f"%{_literal(part)}%" for part in probe.payload] or None
            ids = await self._column(
                statement("probe_definitions"), list(ids), probe.created_from, probe.created_until, patterns
            )
        if ids and probe.is_about_standing:
            pattern = None if probe.error is None else f"%{_literal(probe.error)}%"
            arguments = list(ids), probe.least_attempts, probe.due_after, pattern
            ids = await self._column(statement("probe_standings"), *arguments)
        return ids

    async def read(self, ids: Sequence[str]) -> Iterable[Task]:
        rows = await self._session.fetch(statement("find_by_ids"), list(ids))
        return [task_of(row) for row in rows]

    async def _ids_of_lanes(self, below: str, number: int) -> list[str]:
        if self._lanes is None:
            self._lanes = await self._find_lanes()
        lanes = [
            lane for lane in self._lanes if lane[2] != TaskState.RUNNING and self._empty_below.get(lane, "") < below
        ]
        running = [lane for lane in self._lanes if lane[2] == TaskState.RUNNING]
        for_each = number_for_each(len(lanes), number)
        rows = await self._session.fetch(
            statement("find_ids_in_lanes"),
            below,
            for_each,
            *([lane[place] for lane in lanes] for place in range(3)),
            *([lane[place] for lane in running] for place in range(2)),
        )
        by_lane: dict[int, list[str]] = {}
        for lane, task_id in rows:
            by_lane.setdefault(lane, []).append(task_id)
        running_ids = by_lane.pop(_OF_RUNNING, [])
        self._empty_below.update((lane, below) for at, lane in enumerate(lanes, 1) if at not in by_lane)
        cut = [ids for ids in by_lane.values() if len(ids) == for_each]
        return merged(cut, [running_ids, *(ids for ids in by_lane.values() if len(ids) < for_each)], number)

    async def _find_lanes(self) -> list[tuple[str, str, str]]:
        rows = await self._session.fetch(_LANES)
        return [
            (queue, type_, state.value)
            for queue, type_ in rows
            for state in TaskState
            if self._search.is_of_lane(queue, type_, state)
        ]

    async def _column(self, sql: str, *arguments: Any) -> list[str]:
        return [value for (value,) in await self._session.fetch(sql, *arguments)]


def _literal(text: str) -> str:
    """As LIKE takes it."""
    return _SPECIAL.sub(r"\\\1", text)
