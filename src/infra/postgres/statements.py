"""The SQL files beside this package's code, with the columns that they name in braces, and the schema they are for.

All are read when a store is opened: an upgrade may put another release's in their place while it is.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from backstage.infra.postgres.columns import PLACEHOLDERS

_FOLDER = Path(__file__).with_name("sql")
_OURS = re.compile(r'(?<![\w."])backstage_\w+')


@cache
def statement(name: str) -> str:
    """Return the text of `sql/<name>.sql`, its placeholders filled."""
    return (_FOLDER / f"{name}.sql").read_text("utf-8").format_map(PLACEHOLDERS)


@cache
def qualified(sql: str, schema: str) -> str:
    """Return the statement with every table of ours named in that schema.

    A connection's search_path is not relied upon: a pooler between gives each transaction another server session.
    """
    return _OURS.sub(lambda match: f"{quoted(schema)}.{match[0]}", sql)


def quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def load_statements() -> None:
    for name in all_statements():
        statement(name)


def all_statements() -> list[str]:
    """Return the names of all files."""
    return sorted(file.stem for file in _FOLDER.glob("*.sql"))
