"""What ran over a time, as charts and as lines of tables."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from backstage.app.use_cases import UseCases
from backstage.domain.history import HistoryPoint, total
from backstage.domain.rate import Rate
from backstage.pages.chart import Chart, grouped
from backstage.pages.moments import wait

_NO_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
_WORTH_TELLING = 5
_TOO_MANY = 0.1


@dataclass(frozen=True, slots=True)
class Summed:
    """What one queue or type did over the whole time."""

    points: Sequence[HistoryPoint]
    point: HistoryPoint
    """All of them together."""
    spark: Sequence[float]

    @property
    def failure_share(self) -> float | None:
        point = self.point
        return (point.failed + point.retried) / point.ended if point.ended else None

    @property
    def mean_run(self) -> float | None:
        return self.point.run_seconds / self.point.ended if self.point.ended else None

    @property
    def fails(self) -> bool:
        """Whether it fails so often that somebody should look."""
        share = self.failure_share
        return share is not None and share >= _TOO_MANY and self.point.failed + self.point.retried >= _WORTH_TELLING


@dataclass(frozen=True, slots=True)
class RunNumbers:
    """`step` is the seconds between two points; the last one has just begun."""

    step: int
    points: Sequence[HistoryPoint]
    by_queue: Mapping[str, Summed]
    by_type: Mapping[str, Summed]
    rates: Sequence[Rate]

    @property
    def total(self) -> HistoryPoint:
        return total(self.points, _NO_MOMENT)

    @property
    def _is_of_this_step(self) -> bool:
        """Whether nothing ran in the last whole step: then what runs now is worth telling."""
        return len(self.points) < 2 or not self.points[-2].ended

    @property
    def _drawn(self) -> Sequence[HistoryPoint]:
        """Without a step that is not whole, which would look like a fall."""
        return self.points if self._is_of_this_step else self.points[:-1]

    @property
    def last(self) -> HistoryPoint:
        return self.points[-1] if self._is_of_this_step else self.points[-2]

    @property
    def step_words(self) -> str:
        return {60: "a minute", 3600: "an hour"}.get(self.step) or wait(self.step)

    @property
    def last_words(self) -> str:
        one = {60: "minute", 3600: "hour"}.get(self.step)
        if self._is_of_this_step:
            return f"this {one}" if one else f"these {wait(self.step)}"
        return f"the last {one or wait(self.step)}"

    @property
    def throughput(self) -> Chart:
        return self._chart("Completed tasks", [float(point.completed) for point in self._drawn], "completed")

    @property
    def failures(self) -> Chart:
        return self._chart("Failed attempts", [float(point.failed + point.retried) for point in self._drawn], "failed")

    def _chart(self, what: str, values: Sequence[float], unit: str) -> Chart:
        most, whole = max(values, default=0.0), sum(values)
        sentence = f"{what}: {most:,.0f} at most in {self.step_words}, {whole:,.0f} in all"
        return Chart([point.at for point in self._drawn], values, sentence, unit)

    def started_per_minute(self, queue: str) -> float:
        return sum(rate.started_per_minute for rate in self.rates if rate.queue == queue)

    def completed_per_minute(self, queue: str) -> float:
        return sum(rate.completed_per_minute for rate in self.rates if rate.queue == queue)


async def run_numbers(use_cases: UseCases, since: datetime, step: int) -> RunNumbers:
    queues, by_type, rates = await asyncio.gather(
        use_cases.get_history(since=since, step=step, by="queue", with_histograms=False),
        summed_by_type(use_cases, since, step),
        use_cases.get_rates(),
    )
    return RunNumbers(
        step,
        queues.total,
        {name: summed(points) for name, points in queues.series.items()},
        by_type,
        rates,
    )


async def summed_by_type(use_cases: UseCases, since: datetime, step: int) -> Mapping[str, Summed]:
    types = await use_cases.get_history(since=since, step=step, by="type", with_histograms=False)
    return {name: summed(points) for name, points in types.series.items()}


def summed(points: Sequence[HistoryPoint]) -> Summed:
    return Summed(points, total(points, _NO_MOMENT), grouped([float(point.completed) for point in points]))
