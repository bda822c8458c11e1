"""What happens to tasks, read off what is stored: no process has to tell of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from backstage.app.use_cases import UseCases
from backstage.domain.errors import StorageError, TaskNotFoundError
from backstage.domain.task import Task
from backstage.domain.task_query import MAX_PAGE, TaskQuery
from backstage.domain.task_state import FINAL_STATES, TaskState

_OVERLAP = timedelta(seconds=5)
"""How long an end may take to be seen after the moment that it says."""
_REMEMBERED = 20_000
_FEW = 100
_RUNNING = TaskQuery(states=frozenset({TaskState.RUNNING}), limit=MAX_PAGE)


@dataclass(frozen=True, slots=True)
class Happened:
    """`what` is `created`, `started`, the final state, or `waiting`: it goes back to wait, for a retry or another
    reason."""

    at: datetime
    what: str
    task: Task


class EventWatch:
    """Each look returns what has happened since the one before, in order. A run that begins and ends between two looks
    is told when it has ended; one that also waits again by then is not seen, nor are more than a thousand tasks of a
    look."""

    def __init__(self, store: UseCases, since: datetime) -> None:
        self._store, self._since = store, since
        self._begun = self._looked = since
        self._running: dict[str, Task] = {}
        self._gone: list[Task] = []
        self._told: OrderedDict[tuple[str, str, int], None] = OrderedDict()

    async def look(self) -> list[Happened]:
        """Raises StorageError. The next look then tells what this one would have told."""
        before = self._since, self._looked, self._running, self._gone
        try:
            return await self._happened()
        except StorageError:
            self._since, self._looked, self._running, self._gone = before
            raise

    async def _happened(self) -> list[Happened]:
        happened = [*await self._created(), *await self._started(), *await self._ended(), *await self._returned()]
        new = [each for each in happened if self._is_new(each)]
        return sorted(new, key=lambda each: (each.at, _RANKS.get(each.what, 2)))

    async def _created(self) -> list[Happened]:
        page = await self._store.find_tasks(TaskQuery(limit=_FEW))
        if len(page.tasks) == _FEW and page.tasks[-1].created_at >= self._looked:
            page = await self._store.find_tasks(TaskQuery(limit=MAX_PAGE))
        oldest, self._looked = max(self._begun, self._looked - _OVERLAP), self._store.clock.now()
        return [Happened(task.created_at, "created", task) for task in page.tasks if task.created_at >= oldest]

    async def _started(self) -> list[Happened]:
        before = self._running
        self._running = {task.id: task for task in (await self._store.find_tasks(_RUNNING)).tasks}
        self._gone = [task for task_id, task in before.items() if task_id not in self._running]
        return [each for task in self._running.values() for each in _start(task) if each.at >= self._begun]

    async def _ended(self) -> list[Happened]:
        ended = await self._store.list_ended(self._since - _OVERLAP, MAX_PAGE)
        happened = []
        for task in ended:
            assert task.finished_at is not None
            self._since = max(self._since, task.finished_at)
            if task.finished_at >= self._begun:
                happened += [*_start(task), Happened(task.finished_at, task.state.value, task)]
        return happened

    async def _returned(self) -> list[Happened]:
        """Those that ran at the last look and wait now."""
        returned = []
        for before in self._gone:
            try:
                task = await self._store.get_task(before.id)
            except TaskNotFoundError:
                continue
            if task.state is TaskState.PENDING:
                returned.append(Happened(self._store.clock.now(), "waiting", task))
        return returned

    def _is_new(self, each: Happened) -> bool:
        key = (each.task.id, each.what, 0 if each.what == "created" else each.task.deliveries)
        if key in self._told:
            return False
        self._told[key] = None
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        return True


_RANKS = {"created": 0, "started": 1}


def _start(task: Task) -> Iterator[Happened]:
    """That of its latest run. One that was cancelled before it ran has none."""
    if task.started_at is not None and (task.state in FINAL_STATES or task.state is TaskState.RUNNING):
        yield Happened(task.started_at, "started", task)
