from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import StorageUnavailableError
from backstage.domain.task import Task
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.store import Store
from backstage.infra.postgres.stored_tasks import Answers, add_tasks

_TASKS_AT_ONCE = 5_000
_CHARACTERS_AT_ONCE = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, eq=False)
class _Call:
    tasks: Sequence[Task]
    answer: asyncio.Future[list[Duplicate | None]]


class Adder:
    """Joins calls that come while others are being stored: they go together, in one statement, as soon as those are.

    Nobody waits for more to come. When a joined statement fails for a reason of its tasks, each call is made alone.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: deque[_Call] = deque()
        self._is_storing = False

    async def add(self, tasks: Sequence[Task]) -> list[Duplicate | None]:
        return await self._store.database.at_home(self._join(tasks)) if tasks else []

    async def _join(self, tasks: Sequence[Task]) -> list[Duplicate | None]:
        call = _Call(tasks, asyncio.get_running_loop().create_future())
        self._waiting.append(call)
        if not self._is_storing:
            self._is_storing = True
            self._store.database.begin(self._store_waiting())
        return await call.answer

    async def _store_waiting(self) -> None:
        try:
            while self._waiting:
                await self._store_calls(self._next_group())
        finally:
            self._is_storing = False

    def _next_group(self) -> list[_Call]:
        group: list[_Call] = []
        tasks = characters = 0
        while self._waiting:
            call = self._waiting[0]
            tasks += len(call.tasks)
            characters += sum(len(task.payload_json) for task in call.tasks)
            if group and (tasks > _TASKS_AT_ONCE or characters > _CHARACTERS_AT_ONCE):
                break
            group.append(self._waiting.popleft())
        return [call for call in group if not call.answer.done()]  # whoever was cancelled is left out

    async def _store_calls(self, calls: list[_Call]) -> None:
        if not calls:
            return
        try:
            answers = await self._add([task for call in calls for task in call.tasks])
        except Exception as error:
            if len(calls) > 1 and not isinstance(error, StorageUnavailableError):
                for call in calls:
                    await self._store_calls([call])
                return
            for call in calls:
                if not call.answer.done():
                    call.answer.set_exception(error)
            return
        for call in calls:
            if not call.answer.done():
                call.answer.set_result([answers[task.id] for task in call.tasks])

    async def _add(self, tasks: list[Task]) -> Answers:
        store = self._store

        async def step(session: Session) -> Answers:
            return await add_tasks(session, tasks, store.time.now())

        await store.lanes.know(tasks)
        answers = await store.database.run(step)
        store.notifier.wake()
        await store.counts.appended(len({(task.queue, task.type) for task in tasks}))
        return answers
