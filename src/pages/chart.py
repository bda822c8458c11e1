"""A chart as the server draws it: coordinates for SVG, and the same numbers for a script and for a table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor, log10

from backstage.pages.figures import number

WIDTH, HEIGHT = 600, 132
_STEPS = (1.0, 2.0, 5.0, 10.0)
_LINES = 3


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """`values` belong to `moments`. `sentence` says what is to be seen, for those who do not see it."""

    moments: Sequence[datetime]
    values: Sequence[float]
    sentence: str
    unit: str
    height: int = HEIGHT

    @property
    def top(self) -> float:
        """A round number that no value exceeds."""
        most = max(self.values, default=0.0) or 1.0
        step = most / _LINES
        size: float = 10.0 ** floor(log10(step))
        nice = next(each * size for each in _STEPS if each * size >= step * (1 - 1e-9))
        return max(1.0, nice) * _LINES

    @property
    def labels(self) -> list[str]:
        """Of the lines of the grid, from the top."""
        return [number(self.top * line / _LINES) for line in range(_LINES, -1, -1)]

    @property
    def grid(self) -> str:
        places = [0.5, *(self.height * line / _LINES for line in range(1, _LINES)), self.height - 0.5]
        return "".join(f"M0 {place:g}h{WIDTH}" for place in places)

    @property
    def line(self) -> str:
        return "M" + "L".join(self._points())

    @property
    def area(self) -> str:
        return f"M0 {self.height}L" + "L".join(self._points()) + f"L{WIDTH} {self.height}Z"

    @property
    def bars(self) -> list[Bar]:
        room = WIDTH / max(1, len(self.values))
        return [self._bar(place * room, room, value) for place, value in enumerate(self.values) if value]

    @property
    def marks(self) -> list[datetime]:
        """Five moments, evenly apart."""
        last = len(self.moments) - 1
        return [self.moments[round(last * part / 4)] for part in range(5)] if last > 0 else list(self.moments)

    @property
    def rows(self) -> list[tuple[datetime, float]]:
        return list(zip(self.moments, self.values, strict=True))

    @property
    def data(self) -> str:
        """For the script that draws it anew: seconds, and values."""
        return json.dumps([[round(moment.timestamp()) for moment in self.moments], list(self.values)])

    def _bar(self, x: float, room: float, value: float) -> Bar:
        y = round(self._y(value), 1)
        return Bar(round(x + room * 0.15, 1), y, round(room * 0.7, 1), round(self.height - y, 1))

    def _y(self, value: float) -> float:
        return self.height - value / self.top * self.height

    def _points(self) -> list[str]:
        step = WIDTH / max(1, len(self.values) - 1)
        return [f"{place * step:.1f} {self._y(value):.1f}" for place, value in enumerate(self.values)]


def grouped(values: Sequence[float], most: int = 24) -> list[float]:
    """Neighbours added up, so that at most so many are left: for a small chart in a row."""
    size = ceil(len(values) / most)
    return [sum(values[place : place + size]) for place in range(0, len(values), size)] if size else []
