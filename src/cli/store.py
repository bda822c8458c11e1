"""The store that a command speaks to, for the length of a block."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from backstage.domain.errors import ConfigurationError
from backstage.infra.backends import light_backend_for
from backstage.infra.printable import printable
from backstage.infra.store_url import store_url

if TYPE_CHECKING:
    from backstage.domain.ports.backend import Backend


@runtime_checkable
class _InFile(Protocol):
    def missing_file(self) -> Path | None: ...


def store(url: str | None) -> Backend:
    """Return the store of the URL, else of the settings, not yet opened. Raises ConfigurationError."""
    return light_backend_for(store_url() if url is None else url)


@asynccontextmanager
async def opened_store(url: str | None) -> AsyncIterator[Backend]:
    """Connect; a store that does not exist is created. Raises ConfigurationError, StorageUnavailableError."""
    backend = store(url)
    try:
        await backend.open()
        yield backend
    finally:
        await backend.close()


@asynccontextmanager
async def filled_store(url: str | None) -> AsyncIterator[Backend]:
    """The same for a store that must exist: raises ConfigurationError where there is no file."""
    backend = store(url)
    missing = backend.missing_file() if isinstance(backend, _InFile) else None
    if missing:
        raise ConfigurationError("url", f"nothing is stored at {printable(str(missing))}")
    async with opened_store(url) as opened:
        yield opened


@asynccontextmanager
async def existing_store(url: str | None) -> AsyncIterator[Backend]:
    """The same, but looking creates nothing: where there is no file, the store is an empty one, and stderr says so."""
    backend = store(url)
    missing = backend.missing_file() if isinstance(backend, _InFile) else None
    if missing:
        print(f"backstage: nothing is stored at {printable(str(missing))} yet", file=sys.stderr)
    async with opened_store("memory://" if missing else url) as opened:
        yield opened
