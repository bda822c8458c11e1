"""What errors of the driver and the server mean to us."""

from __future__ import annotations

from redis import exceptions

from backstage.domain.errors import (
    ConfigurationError,
    StorageError,
    StorageFullError,
    StorageUnavailableError,
    TaskError,
)

DRIVER_ERRORS = (exceptions.RedisError, OSError, TimeoutError)

_LOGIN = ("NOAUTH", "WRONGPASS", "invalid username-password", "invalid password", "Client sent AUTH")
_FULL = ("OOM command not allowed", "MISCONF", "No space left")
_FOR_NOW = (
    "LOADING", "READONLY", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN", "BUSY ", "UNKILLABLE", "NOREPLICAS", "MOVED",
    "ASK ",
)  # fmt: skip


def translate(error: BaseException, url: str) -> TaskError:
    """Return our error for the driver's; the caller chains them. `url` shows no password."""
    text = str(error) or type(error).__name__
    if any(sign in text for sign in _LOGIN) or isinstance(error, exceptions.AuthenticationError):
        return ConfigurationError(url, "the server refuses the login: check the user's name and the password")
    if "NOPERM" in text or isinstance(error, exceptions.NoPermissionError):
        return ConfigurationError(url, f"the user may not do that ({text}): grant what docs/redis.md lists")
    if any(sign in text for sign in _FULL):
        return StorageFullError(f"{url}: no room left ({text}): raise maxmemory, or prune tasks")
    if isinstance(error, (exceptions.ConnectionError, exceptions.TimeoutError, OSError)) or _is_for_now(error, text):
        return StorageUnavailableError(f"{url}: does not answer ({text})")
    return StorageError(f"{url}: {text}")


def _is_for_now(error: BaseException, text: str) -> bool:
    if isinstance(error, (exceptions.ClusterDownError, exceptions.ReadOnlyError, exceptions.BusyLoadingError)):
        return True
    return any(sign in text for sign in _FOR_NOW)
