"""What a search needs of the server: one step for each queue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from backstage.domain.task import Task
from backstage.domain.task_search import SearchIndex, TaskSearch
from backstage.domain.task_state import LIVE_STATES, TaskState
from backstage.infra.redis.client import Client
from backstage.infra.redis.counts import Counting
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.find import Searching
from backstage.infra.redis.rows import LETTERS, STATES, failure_of, unpack
from backstage.infra.search_facts import SearchFacts
from backstage.infra.search_probe import SearchProbe
from backstage.infra.searching import merged, number_for_each

_LEASES = "leases"
_INDEXES = {
    SearchIndex.WORKFLOW: "workflow",
    SearchIndex.CORRELATION: "correlation",
    SearchIndex.KEY: "of",
    SearchIndex.TAG: "tag",
}
_AT_ONCE = 1000
"""How many tasks one script looks at: the server does nothing else meanwhile."""


class RedisLooking:
    """One search."""

    def __init__(self, client: Client, directory: Directory, search: TaskSearch) -> None:
        self._client, self._directory, self._search = client, directory, search
        self._counting = Counting(client, directory)
        self._tasks = Searching(client, directory, self._counting)
        self._probe, self._facts = SearchProbe.of(search), SearchFacts.of(search)
        self._indexes: Mapping[str, Sequence[str]] | None = None
        self._queue_of: dict[str, str] = {}

    @property
    def leads_to_no_others(self) -> bool:
        """The index of pending tasks holds those that run, too."""
        return self._search.index in _INDEXES or not self._search.is_of_state(TaskState.PENDING)

    async def ids(self, below: str | None, number: int) -> Sequence[str]:
        if self._indexes is None:
            self._indexes, self._own = await self._find_indexes(), await self._own_id()
        for_each = number_for_each(sum(map(len, self._indexes.values())), number)
        bound = "+" if below is None else f"({below}"
        replies = await self._client.run_each(
            [
                ("list_lanes", self._client.keys.queue(queue), [names, bound, for_each])
                for queue, names in self._indexes.items()
            ]
        )
        cut: list[list[str]] = []
        whole: list[list[str]] = [[each for each in self._own if below is None or each < below]]
        for (queue, names), reply in zip(self._indexes.items(), replies, strict=True):
            for name, ids in zip(names, unpack(reply), strict=True):
                self._queue_of.update(dict.fromkeys(ids, queue))
                (cut if len(ids) == for_each and name != _LEASES else whole).append(ids)
        return merged(cut, whole, number)

    async def worth_reading(self, ids: Sequence[str]) -> Sequence[str]:
        probe = self._probe
        if probe.says_nothing:
            return ids
        asked = (
            probe.created_from or False,
            probe.created_until or False,
            probe.error or "",
            probe.payload,
            probe.least_attempts,
            probe.due_after or False,
        )
        steps = [
            ("probe_tasks", self._client.keys.queue(queue), [each[first : first + _AT_ONCE], *asked])
            for queue, each in (await self._by_queue(ids)).items()
            for first in range(0, len(each), _AT_ONCE)
        ]
        kept = {task_id for reply in await self._client.run_each(steps) for task_id in unpack(reply)}
        return [each for each in ids if each in kept]

    async def facts(self, ids: Sequence[str]) -> Sequence[tuple[str, Task | None]]:
        steps = [
            (queue, each[first : first + _AT_ONCE])
            for queue, each in (await self._by_queue(ids)).items()
            for first in range(0, len(each), _AT_ONCE)
        ]
        fields = _fields_of(self._facts)
        replies = await self._client.run_each(
            [("find_facts", self._client.keys.queue(queue), [some, fields]) for queue, some in steps]
        )
        return [
            (task_id, self._light(task_id, queue, dict(zip(fields, values, strict=True))))
            for (queue, some), reply in zip(steps, replies, strict=True)
            for task_id, values in zip(some, unpack(reply), strict=True)
            if values[0]
        ]

    def _light(self, task_id: str, queue: str, fields: Mapping[str, Any]) -> Task | None:
        try:
            row = _row(task_id, queue, fields)
        except (KeyError, ValueError):  # somebody else wrote it
            return None
        return self._facts.task_of(row, failure_of)

    async def read(self, ids: Sequence[str]) -> Iterable[Task]:
        by_queue = await self._by_queue(ids)
        return await self._tasks.read([(each, queue) for queue, some in by_queue.items() for each in some])

    async def _by_queue(self, ids: Sequence[str]) -> dict[str, list[str]]:
        unknown = [each for each in ids if each not in self._queue_of]
        found = await self._directory.by_queue(unknown) if unknown else {}
        for task_id in ids:
            if task_id in self._queue_of:
                found.setdefault(self._queue_of[task_id], []).append(task_id)
        return found

    async def _find_indexes(self) -> Mapping[str, Sequence[str]]:
        """The indexes of each queue that lead to what is searched for."""
        search = self._search
        if search.index in _INDEXES:
            name = f"{_INDEXES[search.index]}:{search.only(search.index)}"
            return {queue: [name] for queue in await self._directory.queues()}
        found: dict[str, set[str]] = {}
        only_running = not search.is_of_state(TaskState.PENDING)
        for row in await self._counting.counts(of_past=False):
            is_asked_for = search.index is SearchIndex.ID or search.is_of_lane(row.queue, row.type, row.state)
            if row.tasks > row.pruned and is_asked_for:
                found.setdefault(row.queue, set()).add(_index_of(row.type, row.state, only_running))
        return {queue: sorted(names) for queue, names in found.items()}

    async def _own_id(self) -> list[str]:
        """The task whose id is that of the workflow or the correlation: it is in no index of it."""
        search = self._search
        own = search.only(search.index) if search.index in (SearchIndex.WORKFLOW, SearchIndex.CORRELATION) else None
        if own is None:
            return []
        for queue, ids in (await self._directory.by_queue([own])).items():
            for task in await self._tasks.read([(each, queue) for each in ids]):
                if getattr(task, f"{search.index}_id") == own:
                    self._queue_of[own] = queue
                    return [own]
        return []


def _index_of(type_: str, state: TaskState, only_running: bool) -> str:
    if state is TaskState.RUNNING and only_running:
        return _LEASES  # few run, while many may wait
    return f"live:{type_}" if state in LIVE_STATES else f"ids:{LETTERS[state]}:{type_}"


def _fields_of(facts: SearchFacts) -> list[str]:
    """The hash's fields that are looked at; `type` is in every hash that can be read."""
    fields = ["type", "priority", "state", "fence", "interruptions", "task_key", "worker", "correlation", "workflow"]
    optional = {
        "created": facts.created or facts.due,
        "due": facts.due,
        "tags": facts.tags,
        "failure": facts.failure,
        "payload": facts.payload,
    }
    return [*fields, *(name for name, is_wanted in optional.items() if is_wanted)]


def _row(task_id: str, queue: str, fields: Mapping[str, Any]) -> tuple[Any, ...]:
    """As search_facts.py takes it, with the defaults that a hash leaves out."""
    get, state = fields.get, STATES[fields["state"] or "p"]
    created = int(get("created") or 0)
    return (
        task_id,
        fields["type"],
        queue,
        int(fields["priority"] or 0),
        state.value,
        created,
        int(get("due") or created),
        int(fields["fence"] or 0),
        int(fields["interruptions"] or 0),
        get("tags") or None,
        fields["task_key"] or None,
        fields["worker"] or None if state is TaskState.RUNNING else None,
        fields["correlation"] or None,
        fields["workflow"] or None,
        get("failure") or None,
        get("payload") or "null",
    )
