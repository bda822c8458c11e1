"""A table for people, shortened to the width of their terminal. Loads rich, so it is imported where one is shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

STATE_STYLES = {
    "scheduled": "dim",
    "retrying": "yellow",
    "running": "cyan",
    "completed": "green",
    "failed": "red",
    "cancelled": "dim",
}
"""Of the words of a column `state`, or of a column that counts the tasks of a state."""


def terminal_table(columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[str]) -> str:
    """Return its lines. `numbers` are the columns to align at the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        # rich takes room from columns that may wrap before it cuts an id short: that is the last one.
        is_last = column == columns[-1]
        table.add_column(column, justify="right" if column in numbers else "left", no_wrap=not is_last)
    for row in rows:
        table.add_row(*(_shown(column, cell) for column, cell in zip(columns, row, strict=True)))
    console = Console(highlight=False)
    with console.capture() as text:  # rich has an answer of its own to a broken pipe, ours is in main.py
        console.print(table)
    return text.get()


def _shown(column: str, cell: str) -> Text:
    word = cell if column == "state" else column if cell != "0" else ""
    return Text(cell, STATE_STYLES.get(word, ""), no_wrap=True, overflow="ellipsis")
