from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

from benchmarks.goals.goal import Part, Side
from benchmarks.goals.report import number
from benchmarks.goals.running import Made

STORES = {"SQLite": "sqlite", "PostgreSQL": "postgresql", "Redis": "redis"}
Numbers = Mapping[str, float]
"""The median of each metric of one side."""


@dataclass(frozen=True, slots=True)
class MeasuredTable:
    """One table of the page: what is measured for each of its cells, and how a cell reads."""

    name: str
    title: str
    says: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    side: Callable[[str, str], Side | None]
    """Of a row and a column; None is a cell that stays empty."""
    cell: Callable[[Numbers], str]
    rounds: int = 1

    def part(self) -> Part:
        made = (self.side(row, column) for column in self.columns for row in self.rows)
        return Part(self.name, tuple(side for side in made if side is not None), (), self.rounds)

    def markdown(self, made: Made) -> str:
        lines = [f"## {self.title}", "", self.says, ""]
        header = f"| | {' | '.join(self.columns)} |"  # a column may be several, as its cells are
        lines += [header, f"|{'---|' * (header.count('|') - 1)}"]
        for row in self.rows:
            cells = [self._cell(made, row, column) for column in self.columns]
            lines.append(f"| {row} | {' | '.join(cells)} |")
        return "\n".join((*lines, ""))

    def _cell(self, made: Made, row: str, column: str) -> str:
        side = self.side(row, column)
        rounds = [] if side is None else [each for each in made.rounds.get(side.name, ()) if each is not None]
        if not rounds:
            return ""
        return self.cell({name: median(each[name] for each in rounds) for name in rounds[0]})


def rate(numbers: Numbers) -> str:
    return number(numbers["tasks_per_s"])
