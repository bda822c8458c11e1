"""How many took how long, as bars of one height each for a span of time, and as lines of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from backstage.domain.history import RUN_BOUNDS, WAIT_BOUNDS, HistoryPoint
from backstage.pages.figures import SPACE, UNKNOWN
from backstage.pages.moments import duration

HEIGHT = 132
_ROOM = 50
_LEAST_BARS = 6


@dataclass(frozen=True, slots=True)
class Span:
    """`share` is that of all, and `height` that of the highest bar, in pixels."""

    name: str
    short: str
    number: int
    share: float
    x: float
    height: float

    @property
    def y(self) -> float:
        return HEIGHT - self.height


@dataclass(frozen=True, slots=True)
class Histogram:
    spans: Sequence[Span]
    total: int

    @property
    def width(self) -> int:
        return _ROOM * len(self.spans)

    @property
    def sentence(self) -> str:
        """For those who do not see the bars."""
        return ", ".join(f"{span.name}: {span.number:,}" for span in self.spans if span.number)


def histogram(counts: Sequence[int], bounds: Sequence[float]) -> Histogram | None:
    """From the first span with anything in it to the last one, with what lies beside them; None where all are empty."""
    filled = [place for place, number in enumerate(counts) if number]
    if not filled:
        return None
    first, last = max(0, filled[0] - 1), min(len(counts), filled[-1] + 2)
    first = max(0, min(first, last - _LEAST_BARS))
    last = max(last, first + _LEAST_BARS)
    total, most = sum(counts), max(counts)
    spans = [
        Span(
            _name(place, bounds),
            duration(bounds[place]) if place < len(bounds) else "longer",
            counts[place],
            counts[place] / total,
            _ROOM * (place - first) + _ROOM * 0.12,
            round(counts[place] / most * (HEIGHT - 8), 1),
        )
        for place in range(first, last)
    ]
    return Histogram(spans, total)


def run_times(point: HistoryPoint) -> Histogram | None:
    return histogram(point.runs, RUN_BOUNDS)


def waiting_times(point: HistoryPoint) -> Histogram | None:
    return histogram(point.waits, WAIT_BOUNDS)


def longest_of(share: float, point: HistoryPoint) -> tuple[str, str]:
    """What that share of the runs and of the waits took at most, in words."""
    return _told(point.run_within(share), RUN_BOUNDS), _told(point.wait_within(share), WAIT_BOUNDS)


def _told(seconds: float | None, bounds: Sequence[float]) -> str:
    if seconds is None:
        return UNKNOWN
    return f"over{SPACE}{duration(bounds[-1])}" if seconds == inf else duration(_rounded(seconds))


def _rounded(seconds: float) -> float:
    """To two digits: it is reckoned from spans, and more of them would tell what nobody knows."""
    return float(f"{seconds:.2g}")


def _name(place: int, bounds: Sequence[float]) -> str:
    if place == len(bounds):
        return f"Over {duration(bounds[-1])}"
    return f"Up to {duration(bounds[place])}"
