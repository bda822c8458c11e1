"""Where everybody in this process waits who wants to know how a task ends: one of them asks the store for all."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Mapping
from weakref import WeakKeyDictionary

from backstage.domain.errors import StorageUnavailableError, TaskNotFoundError
from backstage.domain.ports.task_events import TaskEvents
from backstage.domain.standing import Standing

FIRST_PAUSE = 0.002
LONGEST_PAUSE = 0.5
SHARE = 0.25
"""Seconds between two looks for one task: this share of the time that it was waited for, from the shortest to the
longest. So an end is learnt of a quarter later than it came, or half a second."""
TOGETHER = 0.001
"""Seconds by which a task is looked for too soon, to be asked for with others."""
PATIENCE = 10.0
"""Seconds for which a store that cannot be reached is asked again before the waiters are told."""
MOST_AT_ONCE = 1000


class WaitingRoom:
    """May be used on several event loops; each has a room of its own."""

    def __init__(self, task_events: TaskEvents) -> None:
        self._task_events = task_events
        self._rooms: WeakKeyDictionary[asyncio.AbstractEventLoop, _Room] = WeakKeyDictionary()

    async def ended(self, task_id: str) -> Standing:
        """How the task stands, once it has ended. Raises TaskNotFoundError, and StorageError as the store does."""
        loop = asyncio.get_running_loop()
        room = self._rooms.get(loop)
        if room is None:
            room = self._rooms[loop] = _Room(self._task_events)
        return await room.ended(task_id)


class _Waited:
    """A task that somebody waits for, and when it is looked for again."""

    __slots__ = ("answers", "began", "due")

    def __init__(self, began: float) -> None:
        self.answers: set[asyncio.Future[Standing]] = set()
        self.began = self.due = began


class _Room:
    def __init__(self, task_events: TaskEvents) -> None:
        self._task_events = task_events
        self._waited: dict[str, _Waited] = {}
        self._due: list[tuple[float, str]] = []
        self._came = asyncio.Event()
        self._asking: asyncio.Task[None] | None = None
        self._failing_since: float | None = None

    async def ended(self, task_id: str) -> Standing:
        answer: asyncio.Future[Standing] = asyncio.get_running_loop().create_future()
        self._expect(task_id).answers.add(answer)
        try:
            return await answer
        finally:
            waited = self._waited.get(task_id)
            if waited is not None:
                waited.answers.discard(answer)
                if not waited.answers:
                    del self._waited[task_id]

    def _expect(self, task_id: str) -> _Waited:
        """Look for it at once: whoever comes may come late."""
        now = asyncio.get_running_loop().time()
        waited = self._waited.setdefault(task_id, _Waited(now))
        waited.due = waited.began = now
        heapq.heappush(self._due, (now, task_id))
        self._came.set()
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask(), name="backstage-waiting-room")
        return waited

    async def _ask(self) -> None:
        """As long as anybody waits."""
        while self._waited:
            task_ids = self._take_due()
            if task_ids:
                await self._ask_for(task_ids)
            else:
                await self._until_due()

    def _take_due(self) -> list[str]:
        now = asyncio.get_running_loop().time() + TOGETHER
        taken: dict[str, None] = {}
        while self._due and self._due[0][0] <= now and len(taken) < MOST_AT_ONCE:
            due, task_id = heapq.heappop(self._due)
            waited = self._waited.get(task_id)
            if waited is not None and waited.due == due:
                taken[task_id] = None
        return list(taken)

    async def _until_due(self) -> None:
        self._came.clear()
        pause = self._due[0][0] - asyncio.get_running_loop().time() if self._due else LONGEST_PAUSE
        try:
            async with asyncio.timeout(max(0.0, pause)):
                await self._came.wait()
        except TimeoutError:
            pass

    async def _ask_for(self, task_ids: list[str]) -> None:
        try:
            standings = await self._task_events.standings(task_ids)
        except Exception as error:
            if self._is_borne(error):
                self._look_again(task_ids)
            else:
                self._fail(task_ids, error)
        else:
            self._failing_since = None
            self._answer(task_ids, standings)

    def _answer(self, task_ids: list[str], standings: Mapping[str, Standing]) -> None:
        live = []
        for task_id in task_ids:
            standing = standings.get(task_id)
            if standing is None:
                self._fail([task_id], TaskNotFoundError(task_id))
            elif standing.has_ended:
                for answer in self._waiting(task_id):
                    answer.set_result(standing)
            else:
                live.append(task_id)
        self._look_again(live)

    def _look_again(self, task_ids: list[str]) -> None:
        now = asyncio.get_running_loop().time()
        for task_id in task_ids:
            waited = self._waited.get(task_id)
            if waited is not None:
                waited.due = now + min(max(SHARE * (now - waited.began), FIRST_PAUSE), LONGEST_PAUSE)
                heapq.heappush(self._due, (waited.due, task_id))

    def _is_borne(self, error: Exception) -> bool:
        if not isinstance(error, StorageUnavailableError):
            return False
        now = asyncio.get_running_loop().time()
        if self._failing_since is None:
            self._failing_since = now
        return now - self._failing_since < PATIENCE

    def _fail(self, task_ids: list[str], error: Exception) -> None:
        for task_id in task_ids:
            for answer in self._waiting(task_id):
                answer.set_exception(error)

    def _waiting(self, task_id: str) -> list[asyncio.Future[Standing]]:
        waited = self._waited.pop(task_id, None)
        return [answer for answer in waited.answers if not answer.done()] if waited is not None else []
