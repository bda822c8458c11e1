"""The SQL files beside this package's code, read once each: all of them when a store is opened, for an upgrade may put
another release's in their place while it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from backstage.infra.sqlite.rows import FILLED

_FOLDER = Path(__file__).with_name("sql")


@cache
def statement(name: str) -> str:
    """Return the text of `sql/<name>.sql`, with a task's columns where it names them as `{columns}` and the like."""
    text = (_FOLDER / f"{name}.sql").read_text("utf-8")
    for placeholder, columns in FILLED.items():
        text = text.replace(placeholder, columns)
    return text


def load_statements() -> None:
    for file in _FOLDER.glob("*.sql"):
        statement(file.stem)
