"""Which store a URL means. Only the chosen one is imported and made."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from backstage.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from backstage.domain.ports.backend import Backend
    from backstage.domain.ports.clock import Clock


def _memory(url: str, clock: Clock) -> Backend:
    from backstage.infra.memory.backend import MemoryBackend  # noqa: PLC0415 - loaded only when chosen

    return MemoryBackend(clock)


def _sqlite(url: str, clock: Clock) -> Backend:
    from backstage.infra.sqlite.backend import SqliteBackend  # noqa: PLC0415 - loaded only when chosen

    return SqliteBackend.from_url(url, clock)


_MAKERS = {"memory": _memory, "sqlite": _sqlite}
SCHEMES = tuple(_MAKERS)
_SCHEME = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9+.\-]*)://")  # anything else may be a password and is not shown


def scheme_of(url: str) -> str:
    """Return the scheme of a backend's URL. Raises ConfigurationError when no backend has it."""
    scheme = _SCHEME.match(url)
    if scheme is None or scheme["name"].lower() not in _MAKERS:
        problem = "has no scheme" if scheme is None else f"no backend has the scheme {scheme['name']!r}"
        raise ConfigurationError(
            "url", f"{problem}: begin it with one of {', '.join(f'{name}://' for name in SCHEMES)}"
        )
    return scheme["name"].lower()


def backend_for(url: str, clock: Clock) -> Backend:
    """Return the backend for the URL, not yet opened. Raises ConfigurationError for a URL that names none."""
    from dependency_injector import providers  # noqa: PLC0415 - loading it takes longer than a light command may

    # Factories, not Resources: a Resource would open the stores that were not chosen, too.
    makers = {scheme: providers.Factory(make, url, clock) for scheme, make in _MAKERS.items()}
    chosen: Backend = providers.Selector(providers.Callable(scheme_of, url), **makers)()
    return chosen


def light_backend_for(url: str, clock: Clock) -> Backend:
    """The same as `backend_for`, without the container library: for commands that must start fast."""
    return _MAKERS[scheme_of(url)](url, clock)
