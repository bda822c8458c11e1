from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import StorageUnavailableError
from backstage.domain.task import Task

Stored = list[Duplicate | None]
"""For each task the Duplicate of one whose key is held, None for one that is stored."""


@dataclass(frozen=True, slots=True, eq=False)
class _Call:
    tasks: Sequence[Task]
    answer: asyncio.Future[Stored]


class JoinedAdds:
    """Calls that come while others are being stored go together, in one round trip, as soon as those are.

    Nobody waits for more to come. When joined calls fail for a reason of their tasks, each is made alone. `store`
    stores tasks, and may be called again with the same ones; `begin` starts a coroutine that outlives its caller.
    All on one event loop. Decision 0407 gives the reasons.
    """

    def __init__(
        self,
        store: Callable[[Sequence[Task]], Awaitable[Stored]],
        begin: Callable[[Coroutine[Any, Any, None]], object],
        *,
        tasks_at_once: int,
        characters_at_once: int,
    ) -> None:
        self._store, self._begin = store, begin
        self._tasks_at_once, self._characters_at_once = tasks_at_once, characters_at_once
        self._waiting: deque[_Call] = deque()
        self._is_storing = False

    async def add(self, tasks: Sequence[Task]) -> Stored:
        call = _Call(tasks, asyncio.get_running_loop().create_future())
        self._waiting.append(call)
        if not self._is_storing:
            self._is_storing = True
            self._begin(self._store_waiting())
        return await call.answer

    async def add_directly(self, tasks: Sequence[Task]) -> Stored:
        """The same in the caller's own task where nobody stores yet, for stores that no cancelled step harms."""
        if self._is_storing:
            return await self.add(tasks)
        self._is_storing = True
        try:
            return await self._store(tasks)
        finally:
            self._is_storing = bool(self._waiting)
            if self._waiting:
                self._begin(self._store_waiting())

    async def _store_waiting(self) -> None:
        try:
            while self._waiting:
                await self._store_calls(self._next_group())
        finally:
            self._is_storing = False

    def _next_group(self) -> list[_Call]:
        """At least one call, and as many more as make one message of a reasonable size."""
        group: list[_Call] = []
        tasks = characters = 0
        while self._waiting:
            call = self._waiting[0]
            tasks += len(call.tasks)
            characters += sum(len(task.payload_json) for task in call.tasks)
            if group and (tasks > self._tasks_at_once or characters > self._characters_at_once):
                break
            group.append(self._waiting.popleft())
        return [call for call in group if not call.answer.done()]  # whoever was cancelled is left out

    async def _store_calls(self, calls: list[_Call]) -> None:
        if not calls:
            return
        try:
            answers = await self._store([task for call in calls for task in call.tasks])
        except BaseException as error:
            if len(calls) > 1 and isinstance(error, Exception) and not isinstance(error, StorageUnavailableError):
                for call in calls:
                    await self._store_calls([call])
                return
            for call in calls:
                if not call.answer.done():
                    call.answer.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        position = 0
        for call in calls:
            if not call.answer.done():
                call.answer.set_result(answers[position : position + len(call.tasks)])
            position += len(call.tasks)
