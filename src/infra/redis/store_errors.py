"""What errors of the driver and the server mean to us."""

from __future__ import annotations

import re
import ssl

from redis import exceptions
from redis.asyncio.sentinel import MasterNotFoundError

from backstage.domain.errors import (
    ConfigurationError,
    StorageError,
    StorageFullError,
    StorageRefusedError,
    StorageUnavailableError,
    TaskError,
)
from backstage.infra.open_files import spent
from backstage.infra.tls_files import refuses_our_certificate

OLDEST = "Redis 6.2 or newer, or Valkey 7.2 or newer"
DRIVER_ERRORS = (exceptions.RedisError, exceptions.RedisClusterException, OSError, TimeoutError)

_NO_ANSWER = (exceptions.ConnectionError, exceptions.TimeoutError, exceptions.RedisClusterException)
_LOGIN = ("NOAUTH", "WRONGPASS", "invalid username-password", "invalid password", "Client sent AUTH")
_REFUSED = ("NOPERM", "ACL failure in script", "The user executing the script can't")  # the last two in scripts
_FULL = ("command not allowed when used memory", "MISCONF", "No space left")
_TOO_LARGE = ("invalid bulk length", "invalid multibulk length", "maximum allowed size", "too many results to unpack")
_FOR_NOW = (
    "LOADING", "READONLY", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN", "BUSY ", "UNKILLABLE", "NOREPLICAS", "MOVED",
    "ASK ",
)  # fmt: skip
_WRONG_PLACE = {
    "DB index is out of range": "the server has no database with that number: name another, or raise its `databases`",
    "Cluster mode is not enabled": "the server is not a cluster: begin the URL with redis:// or rediss://",
    "unknown command": f"the server does not know a command ({{text}}): it must be {OLDEST}",
}
"""Signs of a server that will never be the right one, with the remedy."""
_COMMAND = re.compile(r"the '([^']+)' command")


_OF_ANOTHER_SERVER = (
    exceptions.ReadOnlyError, exceptions.BusyLoadingError, exceptions.MasterDownError, exceptions.ClusterDownError,
    exceptions.TryAgainError,
)  # fmt: skip
_SIGNS_OF_ANOTHER_SERVER = ("READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN")


def is_of_another_server(error: BaseException) -> bool:
    """Whether a server says that it serves the store no more, or not yet: a new connection may lead to another one.

    Scripts tell the code somewhere in their text. With Sentinel the driver makes a broken connection of it.
    """
    kinds = (*_OF_ANOTHER_SERVER, exceptions.RedisClusterException)
    if isinstance(error, kinds) or isinstance(error.__context__, kinds):
        return True
    return isinstance(error, exceptions.ResponseError) and any(sign in str(error) for sign in _SIGNS_OF_ANOTHER_SERVER)


def translate(error: BaseException, url: str) -> TaskError:
    """Return our error for the driver's; the caller chains them. `url` shows no password."""
    text = str(error) or type(error).__name__
    if any(sign in text for sign in _LOGIN) or isinstance(error, exceptions.AuthenticationError):
        return ConfigurationError(url, "the server refuses the login: check the user's name and the password")
    if any(sign in text for sign in _REFUSED) or isinstance(error, exceptions.NoPermissionError):
        return refused(url, _COMMAND.findall(text), text)
    for sign, problem in _WRONG_PLACE.items():
        if sign in text:
            return ConfigurationError(url, problem.format(text=text))
    if _distrusts_certificate(error):
        return ConfigurationError(url, f"the server's certificate is not to be trusted ({text}): see ?ssl_ca_certs")
    if refuses_our_certificate(error):
        return ConfigurationError(url, f"the server refuses our certificate ({text}): see ?ssl_certfile, ?ssl_keyfile")
    if any(sign in text for sign in _FULL):
        return StorageFullError(f"{url}: no room left ({text}): raise maxmemory, or prune tasks")
    if any(sign in text for sign in _TOO_LARGE):
        return StorageRefusedError(f"{url}: too large for the server ({text}): see its proto-max-bulk-len")
    if reason := spent(error):
        return StorageUnavailableError(f"{url}: {reason}")
    if isinstance(error, MasterNotFoundError):  # whose text shows the driver's objects
        return StorageUnavailableError(f"{url}: no Sentinel that answers knows a primary of that name")
    if isinstance(error, (*_NO_ANSWER, OSError)) or _is_for_now(error, text):
        return StorageUnavailableError(f"{url}: does not answer ({text})")
    return StorageError(f"{url}: {text}")


def refused(url: str, commands: list[str], text: str) -> ConfigurationError:
    """What to say to a user who may not run these commands, as ACL names them; `text` where they are not known."""
    if not commands:
        return ConfigurationError(url, f"the user may not do that ({text}): grant what docs/redis.md lists")
    grant = " ".join(f"+{command}" for command in commands)
    return ConfigurationError(
        url, f"the user may not run {', '.join(commands)}: ACL SETUSER NAME {grant}; docs/redis.md has the whole rule"
    )


def _distrusts_certificate(error: BaseException | None) -> bool:
    """The driver keeps the cause as it is, and makes one line of it."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _is_for_now(error: BaseException, text: str) -> bool:
    return isinstance(error, _OF_ANOTHER_SERVER) or any(sign in text for sign in _FOR_NOW)
