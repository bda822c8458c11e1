from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterator, Sequence
from datetime import datetime
from typing import Any

from backstage.app.following_room import FollowingRoom, Look
from backstage.app.result import id_of
from backstage.domain.followed_event import EventKind, FollowedEvent
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.task_events import StoredEvent, TaskEvents
from backstage.domain.standing import Standing
from backstage.domain.task import Task


class Follow:
    """Tell what happens to a task: its states, its progress, and what its handler emits; ends when the task has ended.

    `after` is the number of the last event that the caller has seen, so that one who was cut off misses nothing that
    is still kept: 1,000 events and 1 MiB of a task, for an hour after its end. An event `dropped` tells how many are
    not. Raises TaskNotFoundError.
    """

    def __init__(self, task_events: TaskEvents, clock: Clock) -> None:
        self._room, self._clock = FollowingRoom(task_events), clock

    async def __call__(self, task: Task | str, *, after: int = 0) -> AsyncGenerator[FollowedEvent, None]:
        follower = _Follower(after)
        async with self._room.following(id_of(task), after) as seat:
            while True:
                look = await seat.look()
                for event in follower.told(look, self._clock.now()):
                    yield event
                if follower.is_at_the_end(look):
                    return


class _Follower:
    """What one reader was told so far."""

    def __init__(self, after: int) -> None:
        self._number = after
        self._state: tuple[str, int] | None = None
        self._progress: tuple[float | None, str | None] = (None, None)

    def told(self, look: Look, now: datetime) -> Iterator[FollowedEvent]:
        """What is new; the standing was read before the events, so an end comes after all of them."""
        standing = look.standing
        if not standing.has_ended:
            yield from self._state_told(standing, now)
        yield from self._events_told(look.events)
        yield from self._progress_told(standing, now)
        if self.is_at_the_end(look):
            yield from self._state_told(standing, now)

    def is_at_the_end(self, look: Look) -> bool:
        return look.standing.has_ended and look.is_whole

    def _state_told(self, standing: Standing, now: datetime) -> Iterator[FollowedEvent]:
        state = (standing.state.value, standing.attempt)
        if state != self._state:
            self._state = state
            yield self._standing(EventKind.STATE, standing, standing.finished_at or now, {"state": state[0]})

    def _progress_told(self, standing: Standing, now: datetime) -> Iterator[FollowedEvent]:
        progress = (standing.progress, standing.progress_note)
        if progress != self._progress:
            self._progress = progress
            if standing.progress is not None:
                data = {"progress": standing.progress, "note": standing.progress_note}
                yield self._standing(EventKind.PROGRESS, standing, now, data)

    def _standing(self, kind: EventKind, standing: Standing, at: datetime, data: dict[str, Any]) -> FollowedEvent:
        return FollowedEvent(number=self._number, kind=kind, at=at, attempt=standing.attempt, data=data)

    def _events_told(self, events: Sequence[StoredEvent]) -> Iterator[FollowedEvent]:
        for event in events:
            if event.number > self._number + 1:
                dropped = event.number - self._number - 1
                yield FollowedEvent(
                    number=event.number - 1,
                    kind=EventKind.DROPPED,
                    at=event.at,
                    attempt=event.attempt,
                    data={"events": dropped},
                )
            self._number = event.number
            yield FollowedEvent(
                number=event.number,
                kind=event.kind,
                at=event.at,
                attempt=event.attempt,
                data=json.loads(event.data_json),
            )
