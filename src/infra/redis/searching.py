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
_AFTER_ALL_IDS = "\U0010ffff"
_INDEXES = {
    SearchIndex.WORKFLOW: "workflow",
    SearchIndex.CORRELATION: "correlation",
    SearchIndex.KEY: "of",
    SearchIndex.TAG: "tag",
}
_FIELDS = {
    "state": ("state",),
    "worker": ("state", "worker"),
    "priority": ("priority",),
    "attempts": ("fence", "interruptions"),
    "key": ("task_key",),
    "tag": ("tags",),
    "workflow": ("workflow",),
    "correlation": ("correlation",),
    "error": ("failure",),
    "fingerprint": ("failure",),
    "since": ("created",),
    "until": ("created",),
    "payload": ("payload",),
}
"""What each filter looks at; the type, the queue and the id are known of every task."""
_OF_PARTS_OF_STATE = ("created", "due", "fence", "interruptions")


class RedisLooking:
    """One search."""

    def __init__(self, client: Client, directory: Directory, search: TaskSearch) -> None:
        self._client, self._directory, self._search = client, directory, search
        self._counting = Counting(client, directory)
        self._tasks = Searching(client, directory, self._counting)
        self._probe, self._facts = SearchProbe.of(search), SearchFacts.of(search)
        self._indexes: Mapping[str, Sequence[str]] | None = None
        self._empty_below: dict[tuple[str, str], str] = {}
        """Indexes, by queue and name, that turned out to have no ids below that one."""
        self._queue_of: dict[str, str] = {}

    @property
    def leads_to_no_others(self) -> bool:
        """The index of pending tasks holds those that run, too."""
        return self._search.index in _INDEXES or not self._search.is_of_state(TaskState.PENDING)

    async def ids(self, below: str | None, number: int) -> Sequence[str]:
        if self._indexes is None:
            self._indexes, self._own = await self._find_indexes(), await self._own_id()
        indexes = self._indexes_below(below or _AFTER_ALL_IDS)
        for_each = number_for_each(sum(map(len, indexes.values())), number)
        bound = "+" if below is None else f"({below}"
        replies = await self._client.run_each(
            [
                ("list_lanes", self._client.keys.queue(queue), [names, bound, for_each])
                for queue, names in indexes.items()
            ]
        )
        cut: list[list[str]] = []
        whole: list[list[str]] = [[each for each in self._own if below is None or each < below]]
        for (queue, names), reply in zip(indexes.items(), replies, strict=True):
            for name, ids in zip(names, unpack(reply), strict=True):
                if not ids:
                    self._empty_below[queue, name] = below or _AFTER_ALL_IDS
                    continue
                self._queue_of.update(dict.fromkeys(ids, queue))
                (cut if len(ids) == for_each and name != _LEASES else whole).append(ids)
        return merged(cut, whole, number)

    def _indexes_below(self, below: str) -> dict[str, list[str]]:
        """Those that may have ids below that one."""
        assert self._indexes is not None
        by_queue = {
            queue: [name for name in names if self._empty_below.get((queue, name), "") < below]
            for queue, names in self._indexes.items()
        }
        return {queue: names for queue, names in by_queue.items() if names}

    async def facts(self, ids: Sequence[str]) -> Sequence[tuple[str, Task | None]]:
        by_queue, fields = await self._by_queue(ids), _fields_of(self._search, self._facts)
        asked = _asked_of(self._probe)
        replies = await self._client.run_each(
            [("find_facts", self._client.keys.queue(queue), [some, fields, asked]) for queue, some in by_queue.items()]
        )
        return [
            (task_id, self._light(task_id, queue, dict(zip(fields, values, strict=True))))
            for queue, reply in zip(by_queue, replies, strict=True)
            for task_id, values in unpack(reply)
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


def _fields_of(search: TaskSearch, facts: SearchFacts) -> list[str]:
    """The hash's fields that are looked at; `type` is in every hash that can be read."""
    names = {term.name.partition(".")[0] for term in search.terms}
    fields = {field for name in names for field in _FIELDS.get(name, ())}
    return ["type", *sorted(fields.union(_OF_PARTS_OF_STATE if facts.due else ()))]


def _asked_of(probe: SearchProbe) -> list[Any]:
    """As the script takes it."""
    return [
        probe.created_from or False,
        probe.created_until or False,
        probe.error or False,
        probe.payload or False,
        probe.least_attempts,
        probe.due_after or False,
    ]


def _row(task_id: str, queue: str, fields: Mapping[str, Any]) -> tuple[Any, ...]:
    """As search_facts.py takes it, with the defaults that a hash leaves out."""
    get = fields.get
    state = STATES[get("state") or "p"]
    created = int(get("created") or 0)
    return (
        task_id,
        fields["type"],
        queue,
        int(get("priority") or 0),
        state.value,
        created,
        int(get("due") or created),
        int(get("fence") or 0),
        int(get("interruptions") or 0),
        get("tags") or None,
        get("task_key") or None,
        get("worker") or None if state is TaskState.RUNNING else None,
        get("correlation") or None,
        get("workflow") or None,
        get("failure") or None,
        get("payload") or "null",
    )
