from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Self

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""Upper bounds that fit a handler of a millisecond and one of half an hour."""


class Histogram:
    """How many durations fell where, and their sum, in seconds.

    One observation costs less than a bound child of prometheus-client, which takes a lock for it: this is written on
    one event loop, and read from any thread.
    """

    __slots__ = ("_counts", "sum")

    def __init__(self) -> None:
        self._counts = [0] * (len(SECONDS) + 1)
        self.sum = 0.0

    def observe(self, seconds: float) -> None:
        self._counts[bisect_left(SECONDS, seconds)] += 1
        self.sum += seconds

    @property
    def count(self) -> int:
        return sum(self._counts)

    def within(self, bounds: Sequence[float]) -> list[int]:
        """How many lay up to each of the bounds, which are some of SECONDS, and above the bound before; the last number
        is of what lay above all of them."""
        edges = [0, *(SECONDS.index(bound) + 1 for bound in bounds), len(self._counts)]
        return [sum(self._counts[first:last]) for first, last in pairwise(edges)]

    def cumulative(self) -> list[tuple[str, float]]:
        """Each upper bound as text, "+Inf" last, with how many were at most that long: the buckets of Prometheus."""
        return list(zip((*map(str, SECONDS), "+Inf"), accumulate(self._counts.copy()), strict=True))

    @classmethod
    def merged(cls, histograms: Iterable[Histogram]) -> Self:
        whole = cls()
        for each in histograms:
            whole._counts = [one + other for one, other in zip(whole._counts, each._counts, strict=True)]
            whole.sum += each.sum
        return whole
