from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from backstage.domain.completion import Completion, typed_part
from backstage.domain.lane_type import plain_type
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.ports.worker_registry import WorkerRegistry
from backstage.domain.search_filters import FILTERS, PAYLOAD
from backstage.domain.search_terms import quoted
from backstage.domain.shown_state import STATE_WORDS
from backstage.domain.task import Task
from backstage.domain.task_search import TaskSearch

_MOST = 20
_SAMPLE = 200
_AGES = ("15m", "1h", "24h", "7d")
_ALIVE = 60.0
"""A worker that was seen in so many seconds is suggested."""


class CompleteQuery:
    """Suggest how the filter at a position of a query may go on: names of filters, then their values.

    Counts of states, queues and types are those of all stored tasks; other values are those of the newest 200 tasks.
    The most frequent come first, at most 20.
    """

    def __init__(self, tasks: TaskRepository, registry: WorkerRegistry, clock: Clock) -> None:
        self._tasks, self._registry, self._clock = tasks, registry, clock

    async def __call__(self, text: str, position: int | None = None) -> tuple[Completion, ...]:
        part = typed_part(text, len(text) if position is None else position)
        if part.name is None:
            found = [
                Completion(f"{part.minus}{name}:", summary, None, part.start, part.end)
                for name, summary in await self._names()
                if name.startswith(part.typed.lower())
            ]
        else:
            values = await self._values(part.name)
            typed = part.typed.lower()
            found = [
                Completion(f"{part.minus}{part.name}:{quoted(value)}", value, number, part.start, part.end)
                for value, number in values
                if value.lower().startswith(typed)
            ]
        return tuple(found[:_MOST])

    async def _names(self) -> Iterable[tuple[str, str]]:
        names = [(name, each.summary) for name, each in FILTERS.items()]
        paths = Counter(path for task in await self._newest("") for path in _paths_of(task))
        return [*names, *((f"payload.{path}", PAYLOAD.summary) for path, _ in paths.most_common())]

    async def _values(self, name: str) -> Iterable[tuple[str, int | None]]:
        match name:
            case "state" | "queue" | "type":
                return await self._counted(name)
            case "worker":
                return [(worker.id, len(worker.running)) for worker in await self._registry.workers(_ALIVE)]
            case "since" | "until":
                return [(age, None) for age in _AGES]
            case "error":
                failures = (task.last_failure for task in await self._newest("state:failed"))
                return Counter(failure.type for failure in failures if failure).most_common()
            case "tag":
                return Counter(tag for task in await self._newest("") for tag in task.tags).most_common()
            case "key":
                return Counter(task.key for task in await self._newest("") if task.key).most_common()
            case "attempts" | "priority":
                attribute = name.removesuffix("s")
                return Counter(str(getattr(task, attribute)) for task in await self._newest("")).most_common()
            case _ if name.startswith("payload."):
                return Counter(
                    value for task in await self._newest("") for value in _values_of(task, name)
                ).most_common()
            case _:
                return []

    async def _counted(self, name: str) -> Iterable[tuple[str, int | None]]:
        counted = Counter[str]()
        for row in await self._tasks.counts():
            counted[plain_type(row.type) if name == "type" else getattr(row, name)] += row.tasks - row.pruned
        if name == "state":
            return [(word, counted.get(word)) for word in STATE_WORDS]
        return [(value, number) for value, number in counted.most_common() if number]

    async def _newest(self, query: str) -> tuple[Task, ...]:
        search = TaskSearch.parse(query, self._clock.now())
        return (await self._tasks.search(search, _SAMPLE, None, _SAMPLE)).tasks


def _paths_of(task: Task) -> Iterator[str]:
    payload = _payload_of(task)
    return (name for name in payload if "." not in name and quoted(name) == name) if payload else iter(())


def _values_of(task: Task, name: str) -> Iterator[str]:
    payload, path = _payload_of(task), name.removeprefix("payload.")
    value = payload.get(path) if payload else None
    if isinstance(value, str | int | float) and not isinstance(value, bool) and len(str(value)) <= 80:
        yield str(value)


def _payload_of(task: Task) -> dict[str, object] | None:
    try:
        payload = task.payload
    except ValueError:  # somebody else wrote what is no JSON
        return None
    return payload if isinstance(payload, dict) else None
