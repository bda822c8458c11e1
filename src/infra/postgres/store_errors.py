"""What the server's and the driver's errors mean to us."""

from __future__ import annotations

import ssl

import asyncpg

from backstage.domain.errors import (
    ConfigurationError,
    StorageError,
    StorageFullError,
    StorageRefusedError,
    StorageUnavailableError,
    StoreNotReadyError,
    TaskError,
)
from backstage.infra.open_files import spent
from backstage.infra.postgres.connections_taken import taken_by_a_worker
from backstage.infra.tls_files import refuses_our_certificate

DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
"""All that a call of the driver raises; TimeoutError is its own deadline, OSError the network's."""

_FULL = frozenset({"53100"})
_READ_ONLY = "25006"
_UNDONE = frozenset({"40001", "40P01", "55P03", "57P01", "57P03", "53300", _READ_ONLY})
"""Serialization failure, deadlock, lock not available, administrator's shutdown, starting up, too many connections,
read-only: the server says itself that it did not do it."""
_OF_ANOTHER_SERVER = frozenset({_READ_ONLY, "57P01", "57P02", "57P03", "57P04"})
"""Read-only, shut down by the administrator or by a crash, cannot connect now, database dropped: what a server answers
that serves the store no more, or not yet again."""
_TOO_MANY_CONNECTIONS = "53300"
_NOT_PREPARED = frozenset({"26000", "42P05"})
_REFUSED = {
    "28P01": "the password is wrong: correct it, or PGPASSWORD or the passfile it came from",
    "28000": "the server does not let this user in: look at its roles and its pg_hba.conf",
    "3D000": "the database does not exist: create it",
    "42501": "the role lacks a privilege: see the roles in docs/postgresql.md",
}
_LACKS = frozenset({"42P01", "3F000", "42883", "42703"})
"""A table, a schema, a function, a column."""


_OF_THE_DATA = ("22", "23502", "23514", "54")
"""Beginnings of codes: no valid value, null where none may be, a broken check, a limit of the program. Of a key that is
taken it is not: a race may cause that."""


def code_of(error: BaseException) -> str:
    return getattr(error, "sqlstate", None) or ""


def is_undone(error: BaseException) -> bool:
    """Whether the step was certainly not made and may well succeed at the next try."""
    return code_of(error) in _UNDONE


def is_of_another_server(error: BaseException) -> bool:
    """Whether the step might do on a connection that is made anew, which may lead to another server."""
    return code_of(error) in _OF_ANOTHER_SERVER


def is_of_prepared_statements(error: BaseException) -> bool:
    """Whether a pooler gave the statement to a server session that does not know it."""
    return code_of(error) in _NOT_PREPARED


def translate(error: BaseException, store: str) -> TaskError:
    """Return our error for the driver's; the caller chains them. `store` is a URL without password."""
    code = code_of(error)
    if _is_full(error):
        return StorageFullError(f"{store}: no room left ({error}): free space on the server's disk")
    if code == _READ_ONLY:
        return StorageUnavailableError(f"{store}: the server is read-only ({error}): if it stays so, name the primary")
    if code == _TOO_MANY_CONNECTIONS:
        remedy = "raise max_connections of the server, or run fewer workers with more concurrency each"
        return StorageUnavailableError(f"{store}: {error}: {taken_by_a_worker(None)}; {remedy}")
    if code in _REFUSED:
        return ConfigurationError(store, f"{_REFUSED[code]} ({error})")
    if code in _LACKS:
        return StoreNotReadyError(store, f"there is no store here, or an older one ({error})")
    if isinstance(error, asyncpg.ClientConfigurationError):
        return ConfigurationError(store, str(error))
    if tls := _problem_of_tls(error):
        return ConfigurationError(store, tls)
    if isinstance(error, TimeoutError):
        return StorageUnavailableError(f"{store}: no answer in time: is the server reachable, and not overloaded?")
    if code.startswith(_OF_THE_DATA) or _was_not_sent(error):
        return StorageRefusedError(f"{store}: {error}")
    if not isinstance(error, asyncpg.PostgresError):
        return StorageUnavailableError(f"{store}: {spent(error) or f'does not answer ({_said(error)})'}")
    if code[:2] in ("08", "53", "57", "58", "40", "55", "XX"):
        return StorageUnavailableError(f"{store}: {error}")
    return StorageError(f"{store}: {error}")


def _is_full(error: BaseException | None) -> bool:
    """A server that cannot write its log ends, and says why in the message before the connection breaks off."""
    while error is not None:
        if code_of(error) in _FULL:
            return True
        error = error.__cause__ or error.__context__
    return False


def _was_not_sent(error: BaseException) -> bool:
    """Whether the driver could not write a value down as its column wants it."""
    return isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError)


def _problem_of_tls(error: BaseException) -> str | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the server's certificate is not to be trusted ({error}): see ?sslrootcert"
    if refuses_our_certificate(error):
        return f"the server refuses our certificate ({error}): see ?sslcert and ?sslkey"
    if "rejected SSL" in str(error):
        return "the server does not speak TLS: leave sslmode out, or set it up there"
    return None


def _said(error: BaseException) -> str:
    if isinstance(error, asyncpg.InternalClientError):
        return "the connection broke off"  # what the driver says then is about its own states
    return str(error) or type(error).__name__
