"""Tables for people; loads rich, so it is imported when a table is printed."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from backstage.infra.printable import printable

_UNBOUNDED = 100_000


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Collection[str] = ()) -> None:
    """Print what people read; `numbers` are the columns to align at the right.

    On a terminal long texts are shortened to its width; anywhere else every text is whole. Control characters are
    escaped and markup means nothing. NO_COLOR is respected.
    """
    on_terminal = sys.stdout.isatty()
    table = Table(box=box.SIMPLE_HEAD if on_terminal else None, pad_edge=False, header_style="bold")
    for column in columns:
        is_id = column == "id"  # an id that is cut short is good for nothing
        table.add_column(
            column, justify="right" if column in numbers else "left", no_wrap=True, min_width=36 if is_id else None
        )
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console = Console(file=sys.stdout, width=None if on_terminal else _UNBOUNDED, highlight=False)
    console.print(table, overflow="ellipsis")
