"""A table for programs that read it: whole texts in columns, two spaces apart."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from unicodedata import combining, east_asian_width


def plain_table(columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[str]) -> str:
    """Return its lines. `numbers` are the columns to align at the right; a wide character takes two places."""
    lines = [columns, *rows]
    widths = [max(map(_width, cells)) for cells in zip(*lines, strict=True)]
    return "".join(f"{'  '.join(_cells(columns, line, widths, numbers))}\n" for line in lines)


def _cells(columns: Sequence[str], line: Sequence[str], widths: Sequence[int], numbers: Collection[str]) -> list[str]:
    cells = []
    for column, cell, width in zip(columns, line, widths, strict=True):
        room = " " * (width - _width(cell))
        cells.append(room + cell if column in numbers else cell + room)
    return cells


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(0 if combining(each) else 2 if east_asian_width(each) in "WF" else 1 for each in text)
