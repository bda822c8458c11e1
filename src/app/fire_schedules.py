from __future__ import annotations

from backstage.app.fire_schedule import Fired, FireSchedule
from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import StorageError
from backstage.domain.firing import firing_of, next_tick
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.schedule_repository import ScheduleRepository
from backstage.domain.stored_schedule import UnreadableSchedule


@dataclass(frozen=True, slots=True)
class Turn:
    """`next_in` is seconds until some schedule is due again, None when none will be."""

    fired: tuple[Fired, ...]
    next_in: float | None
    unreadable: tuple[UnreadableSchedule, ...] = ()


class FireSchedules:
    """One turn of a scheduler: fire what is due on every schedule. Any number of schedulers may do this at once.

    A store's trouble with one schedule does not keep the others from firing; it is raised in the end.
    """

    def __init__(self, schedules: ScheduleRepository, fire_schedule: FireSchedule, clock: Clock) -> None:
        self._schedules, self._fire_schedule, self._clock = schedules, fire_schedule, clock

    async def __call__(self) -> Turn:
        fired: list[Fired] = []
        waits: list[float] = []
        unreadable: list[UnreadableSchedule] = []
        trouble: StorageError | None = None
        for schedule in await self._schedules.all():
            if isinstance(schedule, UnreadableSchedule):
                unreadable.append(schedule)
                continue
            if schedule.is_paused:
                continue
            now = self._clock.now()
            try:
                done = await self._fire_schedule(schedule, now)
            except StorageError as error:
                trouble = error
                continue
            if done is None:
                waits.append((next_tick(schedule, now) - now).total_seconds())
                continue
            fired.append(done)
            is_due = firing_of(done.schedule, now) is not None
            waits.append(0.0 if is_due else (next_tick(done.schedule, now) - now).total_seconds())
        if trouble is not None:
            raise trouble
        return Turn(tuple(fired), min(waits, default=None), tuple(unreadable))
