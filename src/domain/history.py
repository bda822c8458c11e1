"""What ran, minute by minute and hour by hour: numbers that outlive the tasks they tell of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf
from operator import add
from typing import Literal

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.limits import check_moment, check_name, shown

WAIT_BOUNDS = (0.1, 0.5, 1.0, 5.0, 30.0, 60.0, 300.0, 1800.0)
"""Seconds: the upper bounds of `waits`; its last number is of what waited longer than all of them."""
RUN_BOUNDS = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 300.0, 1800.0)
"""Seconds: the upper bounds of `runs`, in the same way."""
NO_WAITS, NO_RUNS = (0,) * (len(WAIT_BOUNDS) + 1), (0,) * (len(RUN_BOUNDS) + 1)
MINUTE, QUARTER, HOUR, SIX_HOURS = 60, 900, 3600, 6 * 3600
KEPT_FOR = {
    MINUTE: timedelta(hours=26),
    QUARTER: timedelta(days=8),
    HOUR: timedelta(days=31),
    SIX_HOURS: timedelta(days=31),
}
GRAINS = tuple(KEPT_FOR)
"""Seconds that a stored row is about. Each number is kept in a row of every grain, so that no reading adds up many."""
MOST_POINTS = 2000
By = Literal["queue", "type"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPoint:
    """What happened from `at` on, for the length of a step.

    `failed` are dead letters, `retried` failed attempts that are tried again. `run_seconds` is time in handlers,
    `wait_seconds` the time between due and claimed, both summed. `waits` counts the claims by how long they had waited,
    see WAIT_BOUNDS, and `runs` what ran by how long it took, see RUN_BOUNDS.
    """

    at: datetime
    claimed: int = 0
    completed: int = 0
    failed: int = 0
    retried: int = 0
    run_seconds: float = 0.0
    wait_seconds: float = 0.0
    waits: tuple[int, ...] = NO_WAITS
    runs: tuple[int, ...] = NO_RUNS

    @property
    def ended(self) -> int:
        """Attempts that came to an end of their own."""
        return self.completed + self.failed + self.retried

    def plus(self, other: HistoryPoint) -> HistoryPoint:
        """Both together, at the moment of this one."""
        return HistoryPoint(
            at=self.at,
            claimed=self.claimed + other.claimed,
            completed=self.completed + other.completed,
            failed=self.failed + other.failed,
            retried=self.retried + other.retried,
            run_seconds=self.run_seconds + other.run_seconds,
            wait_seconds=self.wait_seconds + other.wait_seconds,
            waits=tuple(map(add, self.waits, other.waits)),
            runs=tuple(map(add, self.runs, other.runs)),
        )

    def wait_within(self, share: float) -> float | None:
        """How long so many of the claims had waited at most, 0.95 for 95 of 100; see `reached_by`."""
        return reached_by(share, self.waits, WAIT_BOUNDS)

    def run_within(self, share: float) -> float | None:
        """How long so many of the runs took at most, see `reached_by`."""
        return reached_by(share, self.runs, RUN_BOUNDS)


def total(points: Iterable[HistoryPoint], at: datetime) -> HistoryPoint:
    """All of them together, at that moment."""
    points = list(points)
    return HistoryPoint(
        at=at,
        claimed=sum(point.claimed for point in points),
        completed=sum(point.completed for point in points),
        failed=sum(point.failed for point in points),
        retried=sum(point.retried for point in points),
        run_seconds=sum(point.run_seconds for point in points),
        wait_seconds=sum(point.wait_seconds for point in points),
        waits=tuple(map(sum, zip(NO_WAITS, *(point.waits for point in points), strict=True))),
        runs=tuple(map(sum, zip(NO_RUNS, *(point.runs for point in points), strict=True))),
    )


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A point of one queue and type; "" where it is about all of them."""

    queue: str
    type: str
    point: HistoryPoint

    @property
    def without_histograms(self) -> HistoryRow:
        return HistoryRow(self.queue, self.type, replace(self.point, waits=NO_WAITS, runs=NO_RUNS))


@dataclass(frozen=True, slots=True)
class History:
    """Series of points, one for each of the `moments`, `step` seconds apart, oldest first and without gaps, by queue or
    type; all are one series, named "", where nothing parts them."""

    step: int
    moments: Sequence[datetime]
    series: Mapping[str, Sequence[HistoryPoint]]

    @property
    def total(self) -> Sequence[HistoryPoint]:
        """All series added up."""
        return [total(points, at) for at, *points in zip(self.moments, *self.series.values(), strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """Which rows are added up: from `since` on and before `until`, in steps of whole minutes or hours.

    `by` parts them: by queue, by type, by both or not at all. Without the histograms `waits` and `runs` of each point
    are left at zero, which is a third of the work. Raises InvalidTaskDataError.
    """

    since: datetime
    until: datetime
    step: int
    queue: str | None = None
    type: str | None = None
    by: tuple[By, ...] = ()
    with_histograms: bool = True

    def __post_init__(self) -> None:
        for name, moment in (("since", self.since), ("until", self.until)):
            check_moment(name, moment)
        for name, value in (("queue", self.queue), ("type", self.type)):
            if value is not None:
                check_name(name, value)
        if not isinstance(self.step, int) or self.step <= 0 or self.step % MINUTE:
            raise InvalidTaskDataError.of(
                "step", f"{shown(self.step)} is not a number of seconds that is whole minutes"
            )
        if self.until <= self.since:
            raise InvalidTaskDataError.of("until", "must lie after since")
        if (self.until - self.since).total_seconds() > MOST_POINTS * self.step:
            raise InvalidTaskDataError.of("step", f"makes more than {MOST_POINTS} points: pass a longer one")
        if any(each not in ("queue", "type") for each in self.by):
            raise InvalidTaskDataError.of("by", f"{shown(self.by)} is neither 'queue' nor 'type'")

    @property
    def grain(self) -> int:
        """Of the rows to add up."""
        return grain_of(self.step)

    def moments(self) -> list[datetime]:
        """The beginnings of all steps."""
        first, last = floored(self.since, self.step), self.until - timedelta(microseconds=1)
        number = int((floored(last, self.step) - first).total_seconds()) // self.step + 1
        return [first + timedelta(seconds=self.step * at) for at in range(number)]


def reached_by(share: float, counts: Sequence[int], bounds: Sequence[float]) -> float | None:
    """What that share of all lies at or below, as if those between two bounds lay evenly: about right, as far as the
    bounds are close. Above the last bound it is endless, and where nothing was counted, None."""
    wanted = share * sum(counts)
    if not wanted:
        return None
    below = 0
    for lower, upper, number in zip((0.0, *bounds), (*bounds, inf), counts, strict=True):
        if number and below + number >= wanted:
            return upper if upper == inf else lower + (upper - lower) * (wanted - below) / number
        below += number
    return inf


def grain_of(step: int) -> int:
    """The longest rows that such steps are made of."""
    return max(grain for grain in GRAINS if step % grain == 0)


def floored(moment: datetime, step: int) -> datetime:
    """The beginning of the step that the moment lies in; steps are counted from 1970 in UTC."""
    return datetime.fromtimestamp(int(moment.timestamp()) // step * step, UTC)
