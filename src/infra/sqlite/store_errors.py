"""What SQLite's errors mean to us."""

from __future__ import annotations

import sqlite3

from backstage.domain.errors import (
    StorageError,
    StorageFullError,
    StorageRefusedError,
    StorageUnavailableError,
    StoreNotReadyError,
)
from backstage.infra.open_files import spent_now

_PRIMARY = 0xFF  # the low byte of an extended result code
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_BROKEN = frozenset(
    {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_AUTH,
    }
)
_LACKS = ("no such table", "no such column")
_OF_THE_DATA = frozenset({sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH})


def code_of(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & _PRIMARY


def is_full(error: sqlite3.Error) -> bool:
    return code_of(error) == sqlite3.SQLITE_FULL


def may_lack_room(error: sqlite3.Error) -> bool:
    """Whether a full disk may be the reason: SQLite calls it an I/O error where its own files have no room."""
    return code_of(error) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def is_busy(error: sqlite3.Error) -> bool:
    return code_of(error) in _BUSY


def is_not_a_database(error: sqlite3.Error) -> bool:
    return code_of(error) == sqlite3.SQLITE_NOTADB


def is_of_the_store(error: sqlite3.Error) -> bool:
    """Whether the file is at fault, so every operation of the transaction is concerned."""
    return is_full(error) or is_busy(error) or code_of(error) in _BROKEN


def lacks_something(error: sqlite3.Error) -> bool:
    """Whether a table or a column is not there, which has no code of its own."""
    return str(error).startswith(_LACKS) or "has no column named" in str(error)


def translate(error: sqlite3.Error, path: object) -> StorageError:
    """Return our error for SQLite's; the caller chains them."""
    if is_full(error):
        return StorageFullError(f"{path}: no room left ({error}): free space on its disk")
    if is_busy(error):
        return StorageUnavailableError(f"{path}: stayed locked by another writer ({error}): try again")
    if code_of(error) in _BROKEN and (problem := spent_now()):
        return StorageUnavailableError(f"{path}: {problem}")
    if code_of(error) == sqlite3.SQLITE_IOERR:  # the answer, too, where not even the file for the readers has room
        return StorageUnavailableError(f"{path}: cannot be read or written ({error}): is its disk full, or failing?")
    if code_of(error) in _BROKEN:
        return StorageUnavailableError(f"{path}: cannot be read or written ({error})")
    if lacks_something(error):
        return StoreNotReadyError(str(path), f"there is no store here, or an older one ({error})")
    if code_of(error) in _OF_THE_DATA:
        return StorageRefusedError(f"{path}: {error}")
    return StorageError(f"{path}: {error}")
