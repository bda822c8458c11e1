"""Texts in which somebody has put bytes that are no UTF-8, which Python's driver refuses with the whole row."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
S = TypeVar("S")


def is_of_foreign_bytes(error: Exception) -> bool:
    return isinstance(error, sqlite3.OperationalError) and str(error).startswith("Could not decode to UTF-8")


def with_any_bytes(connection: sqlite3.Connection, operation: Callable[[S], T], argument: S) -> T:
    """Call a reading operation, and again, with foreign bytes as `\\xff`, which no JSON has, if it met some.

    Only then, because a decoder of ours costs much more than the driver's.
    """
    try:
        return operation(argument)
    except sqlite3.OperationalError as error:
        if not is_of_foreign_bytes(error):
            raise
    return showing_foreign_bytes(connection, operation, argument)


def showing_foreign_bytes(connection: sqlite3.Connection, operation: Callable[[S], T], argument: S) -> T:
    connection.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")
    try:
        return operation(argument)
    finally:
        connection.text_factory = str
