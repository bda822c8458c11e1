"""The SQL files beside this package's code, read once each: all of them when a store is opened, for an upgrade may put
another release's in their place while it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from backstage.infra.sqlite.rows import PLACEHOLDERS

_FOLDER = Path(__file__).with_name("sql")


@cache
def statement(name: str) -> str:
    """Return the text of `sql/<name>.sql`, its placeholders filled."""
    return (_FOLDER / f"{name}.sql").read_text("utf-8").format_map(PLACEHOLDERS)


def load_statements() -> None:
    for file in _FOLDER.glob("*.sql"):
        statement(file.stem)
