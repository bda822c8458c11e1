"""Where everybody in this process is told of the tasks that they follow: one asks the store for all of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from weakref import WeakKeyDictionary

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import StorageUnavailableError, TaskNotFoundError
from backstage.domain.ports.task_events import StoredEvent, TaskEvents
from backstage.domain.standing import Standing

SHORTEST_PAUSE = 0.05
LONGEST_PAUSE = 0.5
"""Seconds between two looks: few while something happens."""
MOST_AT_A_LOOK = 200
"""Events of one task."""
PATIENCE = 10.0
"""Seconds for which a store that cannot be reached is asked again before the followers are told."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a task stands, and the next of its events: read after that, so an end is told with all that came before."""

    standing: Standing
    events: Sequence[StoredEvent]
    is_whole: bool
    """Whether these are all events that there are."""


class FollowingRoom:
    """May be used on several event loops; each has a room of its own."""

    def __init__(self, task_events: TaskEvents) -> None:
        self._task_events = task_events
        self._rooms: WeakKeyDictionary[asyncio.AbstractEventLoop, _Room] = WeakKeyDictionary()

    @contextlib.asynccontextmanager
    async def following(self, task_id: str, after: int) -> AsyncIterator[Seat]:
        """A seat to look at the task from, for the length of the block."""
        loop = asyncio.get_running_loop()
        room = self._rooms.get(loop)
        if room is None:
            room = self._rooms[loop] = _Room(self._task_events)
        seat = room.take_seat(task_id, after)
        try:
            yield seat
        finally:
            room.leave(seat)


class Seat:
    """One follower: what it is asked for next, and the look that it has not taken yet."""

    def __init__(self, task_id: str, after: int, wants_more: asyncio.Event) -> None:
        self.task_id, self.after = task_id, after
        self._wants_more = wants_more
        self._look: asyncio.Future[Look] = asyncio.get_running_loop().create_future()
        self._told: tuple[Standing, bool] | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether it wants to be told more: one that is slow is not asked for."""
        return not self._look.done()

    async def look(self) -> Look:
        """The next one: with the first of the events after those of the one before, or how the task stands now.

        Raises TaskNotFoundError when the task is not stored.
        """
        look = await self._look
        self._look = asyncio.get_running_loop().create_future()
        if not look.is_whole:
            self._wants_more.set()
        return look

    def tell(self, look: Look) -> bool:
        """Return whether there is anything new."""
        events = [event for event in look.events if event.number > self.after]
        stands = (look.standing, look.is_whole)
        if not events and stands == self._told:
            return False
        if events:
            self.after = events[-1].number
        self._told = stands
        if not self._look.done():
            self._look.set_result(Look(look.standing, events, look.is_whole))
        return True

    def fail(self, error: Exception) -> None:
        if not self._look.done():
            self._look.set_exception(error)


class _Room:
    def __init__(self, task_events: TaskEvents) -> None:
        self._task_events = task_events
        self._seats: set[Seat] = set()
        self._pause = SHORTEST_PAUSE
        self._wants_more = asyncio.Event()
        """Set when somebody has come, or is to be told more that is there already."""
        self._asking: asyncio.Task[None] | None = None
        self._failing_since: float | None = None

    def take_seat(self, task_id: str, after: int) -> Seat:
        seat = Seat(task_id, after, self._wants_more)
        self._seats.add(seat)
        self._wants_more.set()
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask(), name="backstage-following-room")
        return seat

    def leave(self, seat: Seat) -> None:
        self._seats.discard(seat)

    async def _ask(self) -> None:
        """As long as anybody follows."""
        while self._seats:
            self._wants_more.clear()
            seats = [seat for seat in self._seats if seat.is_waiting]
            try:
                is_anything_new = await self._look_for(seats)
            except Exception as error:
                is_anything_new = False
                if not self._is_borne(error):
                    for seat in seats:
                        seat.fail(error)
            self._pause = SHORTEST_PAUSE if is_anything_new else min(1.5 * self._pause, LONGEST_PAUSE)
            await self._rest()

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._pause):
                await self._wants_more.wait()

    async def _look_for(self, seats: Sequence[Seat]) -> bool:
        if not seats:
            return False
        after: dict[str, int] = {}
        for seat in seats:
            after[seat.task_id] = min(seat.after, after.get(seat.task_id, seat.after))
        standings = await self._task_events.standings(after)
        events = await self._task_events.read({task_id: after[task_id] for task_id in standings}, MOST_AT_A_LOOK)
        self._failing_since = None
        return sum(self._tell(seat, standings, events) for seat in seats) > 0

    def _tell(self, seat: Seat, standings: Mapping[str, Standing], events: Mapping[str, Sequence[StoredEvent]]) -> bool:
        standing = standings.get(seat.task_id)
        if standing is None:
            seat.fail(TaskNotFoundError(seat.task_id))
            return False
        page = events.get(seat.task_id, ())
        return seat.tell(Look(standing, page, len(page) < MOST_AT_A_LOOK))

    def _is_borne(self, error: Exception) -> bool:
        if not isinstance(error, StorageUnavailableError):
            return False
        now = asyncio.get_running_loop().time()
        if self._failing_since is None:
            self._failing_since = now
        return now - self._failing_since < PATIENCE
