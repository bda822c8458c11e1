"""Tables for people; loads rich, so it is imported when a table is printed."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from backstage.infra.printable import printable

_UNBOUNDED = 100_000


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Collection[str] = (), empty: str = ""
) -> None:
    """Print what people read; `numbers` are the columns to align at the right, `empty` stands for a table without rows.

    On a terminal long texts are shortened to its width; anywhere else every text is whole. Control characters are
    escaped and markup means nothing. NO_COLOR is respected.
    """
    if empty and not rows:
        print(empty)
        return
    on_terminal = sys.stdout.isatty()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        # rich takes room from columns that may wrap before it cuts an id short: that is the last one.
        is_last = column == columns[-1]
        table.add_column(column, justify="right" if column in numbers else "left", no_wrap=not is_last)
    for row in rows:
        table.add_row(*(Text(printable(cell), no_wrap=True, overflow="ellipsis") for cell in row))
    console = Console(width=None if on_terminal else _UNBOUNDED, highlight=False)
    with console.capture() as text:  # rich has an answer of its own to a broken pipe, ours is in main.py
        console.print(table)
    print(text.get(), end="")
