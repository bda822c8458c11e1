"""The SQL files beside this package's code, read once each."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def statement(name: str) -> str:
    """Return the text of `sql/<name>.sql`."""
    return files("backstage.infra.sqlite").joinpath("sql", f"{name}.sql").read_text("utf-8")
