"""Counts and durations of what this worker ran, by queue and type."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from backstage.domain.outcome import OutcomeKind
from backstage.domain.task import Task
from backstage.worker.watching.histogram import Histogram

MOST_LANES = 500
"""Queues may be made without end; metrics may not. What comes after so many lanes is counted as OTHERS."""
OTHERS = ("~others", "~others")
"""No queue and no type can have this name."""


@dataclass(slots=True)
class RunMetrics:
    """Counts of runs, of one queue and type or of several.

    Durations are seconds of handler time. Rates are 0 to 1, and None before the first end.
    """

    completed: int = 0
    failed: int = 0
    """For good: dead letters."""
    retried: int = 0
    """Failed, to be tried again."""
    cancelled: int = 0
    returned: int = 0
    """Snoozed, or given back by a shutdown."""
    lost: int = 0
    """Runs whose lease was lost; another worker has, or will have, the task."""
    claimed: int = 0
    active: int = 0
    seconds: float = 0.0
    longest: float = 0.0
    durations: Histogram = field(default_factory=Histogram)
    waits: Histogram = field(default_factory=Histogram)
    """From the moment a task was due to its claim, by the store's clock."""

    def begin(self, task: Task) -> None:
        """A run of the claimed task begins."""
        self.active += 1
        if task.started_at is not None:  # the claim's moment, by the same clock as the due time
            waited = (task.started_at - task.scheduled_at).total_seconds()
            self.waits.observe(waited if waited > 0.0 else 0.0)

    def end(self, seconds: float) -> None:
        """A handler has run for so long."""
        self.active -= 1
        self.seconds += seconds
        self.longest = max(self.longest, seconds)
        self.durations.observe(seconds)

    def count(self, kind: OutcomeKind) -> None:
        """One run has ended so."""
        if kind is _COMPLETED:
            self.completed += 1
        else:
            counter = _COUNTER[kind]
            setattr(self, counter, getattr(self, counter) + 1)

    @property
    def processed(self) -> int:
        return self.completed + self.failed + self.retried + self.cancelled

    @property
    def success_rate(self) -> float | None:
        return self.completed / self.processed if self.processed else None

    @property
    def failure_rate(self) -> float | None:
        """Of all attempts: those that are tried again count as failures, too."""
        return (self.failed + self.retried) / self.processed if self.processed else None

    @property
    def average_processing_time(self) -> float | None:
        """Seconds of handler time for each run."""
        runs = self.processed + self.returned
        return self.seconds / runs if runs else None

    @classmethod
    def sum(cls, lanes: Iterable[RunMetrics]) -> Self:
        lanes = list(lanes)
        return cls(
            **{name: sum(getattr(lane, name) for lane in lanes) for name in _SUMMED},
            longest=max((lane.longest for lane in lanes), default=0.0),
            durations=Histogram.merged(lane.durations for lane in lanes),
            waits=Histogram.merged(lane.waits for lane in lanes),
        )

    def summary(self) -> dict[str, Any]:
        """The numbers by name, as JSON can hold them, without the histograms."""
        return {
            "processed": self.processed,
            **{name: getattr(self, name) for name in _SUMMED if name != "seconds"},
            "average_processing_time": self.average_processing_time,
            "success_rate": self.success_rate,
            "failure_rate": self.failure_rate,
        }


_SUMMED = ("completed", "failed", "retried", "cancelled", "returned", "lost", "claimed", "active", "seconds")
_COUNTER = {
    OutcomeKind.COMPLETED: "completed",
    OutcomeKind.DEAD: "failed",
    OutcomeKind.RETRIED: "retried",
    OutcomeKind.CANCELLED: "cancelled",
    OutcomeKind.SNOOZED: "returned",
    OutcomeKind.RELEASED: "returned",
}
_COMPLETED = OutcomeKind.COMPLETED


@dataclass(slots=True)
class WorkerMetrics:
    """What a worker has counted since it was created.

    Written on its loop, may be read from any thread; each reading adds up anew.
    """

    by_lane: dict[tuple[str, str], RunMetrics] = field(default_factory=dict)
    """Queue and type to their numbers."""

    def of(self, queue: str, task_type: str) -> RunMetrics:
        """The numbers of that lane, to be written to."""
        lane = self.by_lane.get((queue, task_type))
        return lane if lane is not None else self._new_lane(queue, task_type)

    @property
    def total(self) -> RunMetrics:
        return RunMetrics.sum(self.by_lane.copy().values())

    def by_queue(self) -> dict[str, RunMetrics]:
        return self._grouped(lambda lane: lane[0])

    def by_type(self) -> dict[str, RunMetrics]:
        return self._grouped(lambda lane: lane[1])

    @property
    def processed(self) -> int:
        return self.total.processed

    @property
    def completed(self) -> int:
        return self.total.completed

    @property
    def failed(self) -> int:
        return self.total.failed

    @property
    def retried(self) -> int:
        return self.total.retried

    @property
    def active(self) -> int:
        return self.total.active

    @property
    def average_processing_time(self) -> float | None:
        return self.total.average_processing_time

    @property
    def success_rate(self) -> float | None:
        return self.total.success_rate

    @property
    def failure_rate(self) -> float | None:
        return self.total.failure_rate

    def _new_lane(self, queue: str, task_type: str) -> RunMetrics:
        name = (queue, task_type) if len(self.by_lane) < MOST_LANES else OTHERS
        return self.by_lane.setdefault(name, RunMetrics())

    def _grouped(self, name_of: Callable[[tuple[str, str]], str]) -> dict[str, RunMetrics]:
        lanes = self.by_lane.copy()
        names = sorted({name_of(lane) for lane in lanes})
        return {name: RunMetrics.sum(lanes[lane] for lane in lanes if name_of(lane) == name) for name in names}
