"""What is installed only with an extra: `backstage-worker[web]` and so on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from backstage.domain.errors import MissingExtraError


@contextmanager
def needing(extra: str, needed_by: str) -> Iterator[None]:
    """Within it, import what needs the extra's packages.

    Raises MissingExtraError where one is not installed. `needed_by` is the setting or the module that asked for it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("", "backstage"):
            raise
        raise MissingExtraError(needed_by, package, extra) from None
