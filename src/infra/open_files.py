"""How many files a process may have open: connections count, and what runs out of them says something else."""

from __future__ import annotations

import errno
import os

from backstage.domain.errors import ConfigurationError

LEAST = 64
"""What a worker needs for its connections, its files and a few connections of its handlers."""

_SPENT = (errno.EMFILE, errno.ENFILE)
_REMEDY = "raise it with ulimit -n 1024, or LimitNOFILE=1024 in a unit of systemd"


def check_limit() -> None:
    """Raises ConfigurationError where a worker cannot run."""
    limit = _limit()
    if limit is not None and limit < LEAST:
        raise ConfigurationError("ulimit -n", f"{limit} files may be open, but a worker needs {LEAST}: {_REMEDY}")


def spent(error: BaseException | None) -> str | None:
    """What to say if the error comes from a process that has as many files open as it may; None if it does not."""
    while error is not None:
        if (isinstance(error, OSError) and error.errno in _SPENT) or os.strerror(errno.EMFILE) in str(error):
            return _said()
        error = error.__cause__ or error.__context__
    return None


def spent_now() -> str | None:
    """The same for an error that does not say why: whether one more file can be opened at this moment."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        return _said() if error.errno in _SPENT else None
    return None


def _said() -> str:
    limit = _limit()
    known = "" if limit is None else f", {limit}"
    return f"too many open files: this process, or the machine, has as many as it may (ulimit -n{known}): {_REMEDY}"


def _limit() -> int | None:
    try:
        import resource  # noqa: PLC0415 - not on every platform
    except ImportError:
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if limit == resource.RLIM_INFINITY else limit
