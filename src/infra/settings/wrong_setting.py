"""What is wrong with an option that is no setting, in one line."""

from __future__ import annotations

from collections.abc import Collection

_PARTS_OF_A_URL = frozenset(
    {
        "host", "hostname", "port", "password", "username", "user", "db", "database", "dbname", "dsn", "redis_url",
        "database_url", "broker", "broker_url", "connection_string",
    }
)  # fmt: skip
"""Options by which other libraries are told where their store is."""


def no_setting(name: str, fields: Collection[str]) -> str:
    """Complete the sentence "NAME: ..."."""
    if name in _PARTS_OF_A_URL:
        return "is not a setting: name the store with one URL, such as redis://:password@host:6379/0"
    from difflib import get_close_matches  # noqa: PLC0415 - for those who misspelt one

    near = get_close_matches(name, fields, 1)
    return f"is not a setting: {f'did you mean {near[0]}?' if near else 'check the spelling'}"
