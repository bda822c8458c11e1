"""What the server's and the driver's errors mean to us."""

from __future__ import annotations

import ssl

import asyncpg

from backstage.domain.errors import (
    ConfigurationError,
    StorageError,
    StorageFullError,
    StorageUnavailableError,
    StoreNotReadyError,
    TaskError,
)

DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
"""All that a call of the driver raises; TimeoutError is its own deadline, OSError the network's."""

_FULL = frozenset({"53100"})
_UNDONE = frozenset({"40001", "40P01", "55P03", "57P01", "57P03", "53300"})
"""Serialization failure, deadlock, lock not available, administrator's shutdown, starting up, too many connections: the
server says itself that it did not do it."""
_NOT_PREPARED = frozenset({"26000", "42P05"})
_REFUSED = {
    "28P01": "the password is wrong: correct it, or PGPASSWORD or the passfile it came from",
    "28000": "the server does not let this user in: look at its roles and its pg_hba.conf",
    "3D000": "the database does not exist: create it",
    "42501": "the role lacks a privilege: see the roles in docs/postgresql.md",
    "25006": "the server is read-only: name the primary",
}
_LACKS = frozenset({"42P01", "3F000", "42883", "42703"})
"""A table, a schema, a function, a column."""


def code_of(error: BaseException) -> str:
    return getattr(error, "sqlstate", None) or ""


def is_undone(error: BaseException) -> bool:
    """Whether the step was certainly not made and may well succeed at the next try."""
    return code_of(error) in _UNDONE


def is_of_prepared_statements(error: BaseException) -> bool:
    """Whether a pooler gave the statement to a server session that does not know it."""
    return code_of(error) in _NOT_PREPARED


def translate(error: BaseException, store: str) -> TaskError:
    """Return our error for the driver's; the caller chains them. `store` is a URL without password."""
    code = code_of(error)
    if code in _FULL:
        return StorageFullError(f"{store}: no room left ({error}): free space on the server's disk")
    if code in _REFUSED:
        return ConfigurationError(store, f"{_REFUSED[code]} ({error})")
    if code in _LACKS:
        return StoreNotReadyError(store, f"there is no store here, or an older one ({error})")
    if isinstance(error, asyncpg.ClientConfigurationError):
        return ConfigurationError(store, str(error))
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConfigurationError(store, f"the server's certificate is not to be trusted ({error}): see ?sslrootcert")
    if "rejected SSL" in str(error):
        return ConfigurationError(store, "the server does not speak TLS: leave sslmode out, or set it up there")
    if isinstance(error, TimeoutError):
        return StorageUnavailableError(f"{store}: no answer in time: is the server reachable, and not overloaded?")
    if not isinstance(error, asyncpg.PostgresError):
        return StorageUnavailableError(f"{store}: does not answer ({_said(error)})")
    if code[:2] in ("08", "53", "57", "58", "40", "55", "XX"):
        return StorageUnavailableError(f"{store}: {error}")
    return StorageError(f"{store}: {error}")


def _said(error: BaseException) -> str:
    if isinstance(error, asyncpg.InternalClientError):
        return "the connection broke off"  # what the driver says then is about its own states
    return str(error) or type(error).__name__
