from __future__ import annotations

from collections.abc import Iterable

from backstage.domain.deferred_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast one type on one queue goes, over the last minutes. `failed_per_minute` counts attempts, retried ones
    too; `failure_rate` is their share of those that ended, from 0 to 1, and None where none ended."""

    queue: str
    type: str
    started_per_minute: float
    completed_per_minute: float
    failed_per_minute: float

    @property
    def failure_rate(self) -> float | None:
        ended = self.completed_per_minute + self.failed_per_minute
        return self.failed_per_minute / ended if ended else None

    @classmethod
    def together(cls, queue: str, type: str, rates: Iterable[Rate]) -> Rate:
        """All of them as one; "" for what they differ in."""
        rates = list(rates)
        return cls(
            queue,
            type,
            sum(rate.started_per_minute for rate in rates),
            sum(rate.completed_per_minute for rate in rates),
            sum(rate.failed_per_minute for rate in rates),
        )
