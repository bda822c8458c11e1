"""What is wrong with a setting, in one line."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import Any

_PARTS_OF_A_URL = frozenset(
    {
        "host", "hostname", "port", "password", "username", "user", "db", "database", "dbname", "dsn", "redis_url",
        "database_url", "broker", "broker_url", "connection_string",
    }
)  # fmt: skip
"""Options by which other libraries are told where their store is."""


def problem_of(error: Any, fields: Collection[str]) -> str:
    """Complete the sentence "NAME: ..." for an error of pydantic's."""
    match error["type"]:
        case "value_error":
            return str(error["ctx"]["error"])
        case "extra_forbidden":
            return _no_setting(str(error["loc"][0]), fields)
        case "string_type":
            return f"is of type {type(error['input']).__name__}, not a string"
        case "string_too_short":
            return "is empty"
        case _:
            return str(error["msg"])


def _no_setting(name: str, fields: Collection[str]) -> str:
    if name in _PARTS_OF_A_URL:
        return "is not a setting: name the store with one URL, such as redis://:password@host:6379/0"
    near = get_close_matches(name, fields, 1)
    return f"is not a setting: {f'did you mean {near[0]}?' if near else 'check the spelling'}"
