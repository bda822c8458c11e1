"""Counts and durations of what this worker ran, by queue and type."""

from __future__ import annotations

from dataclasses import dataclass, field

from backstage.domain.outcome import OutcomeKind


@dataclass(slots=True)
class RunMetrics:
    """Of one queue and type. Durations are seconds of handler time; rates are 0 to 1, None before the first end."""

    completed: int = 0
    failed: int = 0
    retried: int = 0
    cancelled: int = 0
    returned: int = 0
    """Snoozed, or given back by a shutdown."""
    active: int = 0
    seconds: float = 0.0
    longest: float = 0.0

    @property
    def processed(self) -> int:
        return self.completed + self.failed + self.retried + self.cancelled

    @property
    def success_rate(self) -> float | None:
        return self.completed / self.processed if self.processed else None

    @property
    def failure_rate(self) -> float | None:
        return (self.failed + self.retried) / self.processed if self.processed else None

    @property
    def average_seconds(self) -> float | None:
        runs = self.processed + self.returned
        return self.seconds / runs if runs else None


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
    by_lane: dict[tuple[str, str], RunMetrics] = field(default_factory=dict)

    def of(self, queue: str, task_type: str) -> RunMetrics:
        lane = self.by_lane.get((queue, task_type))
        if lane is None:
            lane = self.by_lane[queue, task_type] = RunMetrics()
        return lane

    def count(self, queue: str, task_type: str, kind: OutcomeKind) -> None:
        lane = self.of(queue, task_type)
        if kind is _COMPLETED:
            lane.completed += 1
        else:
            counter = _COUNTER[kind]
            setattr(lane, counter, getattr(lane, counter) + 1)
