"""Tables: as wide as the terminal for people, whole for whoever reads a file or a pipe."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence

from backstage.cli.plain_table import plain_table
from backstage.infra.printable import printable


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
    shown = [[printable(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        from backstage.cli.terminal_table import terminal_table  # noqa: PLC0415 - loads rich

        print(terminal_table(columns, shown, numbers), end="")
    else:
        print(plain_table(columns, shown, numbers), end="")
