from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

Rounds = Mapping[str, list[dict[str, float] | None]]
"""Side to what each round gave; None where it failed."""


@dataclass(frozen=True, slots=True)
class Side:
    """One measurement on one system; all sides of a part are made in each of its rounds."""

    name: str
    system: str
    measurement: str
    tasks: int = 20
    scene: Mapping[str, Any] = field(default_factory=dict)
    more_stores: int = 0


@dataclass(frozen=True, slots=True)
class Goal:
    """`figure` is a side and its metric; with `against` the goal is their ratio, round by round."""

    title: str
    figure: tuple[str, str]
    bound: float
    against: tuple[str, str] | None = None
    is_most: bool = False
    unit: str = ""

    def values(self, rounds: Rounds) -> list[float]:
        """One for each round in which all that it takes was measured."""
        found = []
        for number, made in enumerate(rounds.get(self.figure[0], ())):
            other = rounds.get(self.against[0], [])[number] if self.against else {}
            if made is not None and other is not None:
                divisor = other[self.against[1]] if self.against else 1.0
                found.append(made[self.figure[1]] / divisor)
        return found

    def verdict(self, rounds: Rounds) -> Verdict:
        values = self.values(rounds)
        if not values:
            return Verdict(self, None)
        return Verdict(self, median(values), min(values), max(values), self._figures(rounds))

    def _figures(self, rounds: Rounds) -> tuple[float, float] | None:
        """The medians of the two sides whose ratio it is."""
        if self.against is None:
            return None
        ours, theirs = (
            median(made[metric] for made in rounds[side] if made is not None)
            for side, metric in (self.figure, self.against)
        )
        return ours, theirs


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one run; without a median it was not measured."""

    goal: Goal
    median: float | None
    least: float = 0.0
    most: float = 0.0
    figures: tuple[float, float] | None = None

    @property
    def is_met(self) -> bool:
        if self.median is None:
            return False
        return self.median <= self.goal.bound if self.goal.is_most else self.median >= self.goal.bound

    def __str__(self) -> str:
        if self.median is None:
            return "not measured"
        if self.is_met:
            return "met"
        return f"missed: {abs(self.median / self.goal.bound - 1):.0%} {'above' if self.goal.is_most else 'below'}"


@dataclass(frozen=True, slots=True)
class Part:
    """What is measured side by side. `is_long` is left out unless it is asked for."""

    name: str
    sides: tuple[Side, ...]
    goals: tuple[Goal, ...]
    rounds: int = 3
    is_long: bool = False
