"""Which store a URL means. Only the chosen one is imported and made."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from backstage.domain.errors import ConfigurationError
from backstage.infra.stand_ins import standing_in
from backstage.infra.store_options import StoreOptions
from backstage.infra.system_clock import SystemClock

if TYPE_CHECKING:
    from backstage.domain.ports.backend import Backend
    from backstage.domain.ports.clock import Clock


def _memory(url: str, clock: Clock | None, options: StoreOptions) -> Backend:
    from backstage.infra.memory.backend import MemoryBackend  # noqa: PLC0415 - loaded only when chosen

    return MemoryBackend(clock or SystemClock())


def _sqlite(url: str, clock: Clock | None, options: StoreOptions) -> Backend:
    from backstage.infra.sqlite.backend import SqliteBackend  # noqa: PLC0415 - loaded only when chosen

    return SqliteBackend.from_url(url, clock or SystemClock())


def _postgres(url: str, clock: Clock | None, options: StoreOptions) -> Backend:
    from backstage.infra.postgres.backend import PostgresBackend  # noqa: PLC0415 - loaded only when chosen

    return PostgresBackend.from_url(url, clock, logger=options.logger)


def _redis(url: str, clock: Clock | None, options: StoreOptions) -> Backend:
    with standing_in("redis", "opentelemetry.sdk.metrics"):
        from backstage.infra.redis.backend import RedisBackend  # noqa: PLC0415 - loaded only when chosen

    return RedisBackend.from_url(url, clock, consumer_group=options.consumer_group, logger=options.logger)


Maker = Callable[[str, "Clock | None", StoreOptions], "Backend"]
MAKERS: Mapping[str, Maker] = {
    "memory": _memory,
    "sqlite": _sqlite,
    "postgresql": _postgres,
    "postgres": _postgres,
    "redis": _redis,
    "rediss": _redis,
    "redis+sentinel": _redis,
    "rediss+sentinel": _redis,
    "redis+cluster": _redis,
    "rediss+cluster": _redis,
    "redis+unix": _redis,
}
_OTHER_WORDS = {
    "pg": "postgresql",
    "pgsql": "postgresql",
    "psql": "postgresql",
    "sqlite3": "sqlite",
    "valkey": "redis",
    "valkeys": "rediss",
    "mem": "memory",
    "inmemory": "memory",
}
SCHEMES = tuple(MAKERS)
_SCHEME = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9+.\-]*)://")  # anything else may be a password and is not shown


def scheme_of(url: str) -> str:
    """Return the scheme of a backend's URL. Raises ConfigurationError when no backend has it."""
    scheme = _SCHEME.match(url)
    name = "" if scheme is None else scheme["name"].lower()
    if name in MAKERS:
        return name
    problem = f"no backend has the scheme {name!r}" if name else "has no scheme"
    meant = _meant(name)
    remedy = (
        f"begin it with {meant}://" if meant else f"begin it with one of {', '.join(f'{each}://' for each in SCHEMES)}"
    )
    raise ConfigurationError("url", f"{problem}: {remedy}")


def _meant(scheme: str) -> str | None:
    """Other libraries name their driver after a plus, such as postgresql+asyncpg; other programs have other words."""
    scheme = scheme.partition("+")[0]
    return scheme if scheme in MAKERS else _OTHER_WORDS.get(scheme)


def backend_for(url: str, clock: Clock | None = None, options: StoreOptions | None = None) -> Backend:
    """Return the backend for the URL, not yet opened; without a clock it goes by the store's own.

    Raises ConfigurationError for a URL that names none.
    """
    return MAKERS[scheme_of(url)](url, clock, options or StoreOptions())
