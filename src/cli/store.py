"""The store that a command speaks to, and the use cases over it, for the length of a block."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from backstage.app.guarded_use_cases import GuardedUseCases
from backstage.app.use_cases import UseCases
from backstage.cli.host_user import host_user
from backstage.domain.errors import ConfigurationError, StoreNotReadyError
from backstage.domain.no_listeners import NoListeners
from backstage.domain.opening import Opening
from backstage.infra.backends import backend_for
from backstage.infra.printable import printable
from backstage.infra.redact_url import redact_url
from backstage.infra.settings.store_url import store_url

if TYPE_CHECKING:
    from backstage.domain.configuration import Configuration
    from backstage.domain.ports.backend import Backend


@runtime_checkable
class _InFile(Protocol):
    def missing_file(self) -> Path | None: ...


class _Ids:
    """Loads what makes ids with the first one: few commands need any."""

    def new(self) -> str:
        from backstage.infra.uuid7_ids import Uuid7Ids  # noqa: PLC0415 - takes longer to load than all use cases

        return Uuid7Ids().new()


def store(url: str | None) -> Backend:
    """Return the store of the URL, else of the settings, not yet opened. Raises ConfigurationError."""
    chosen = store_url() if url is None else url
    if chosen.startswith("memory:"):
        raise ConfigurationError(
            "url", "memory:// is gone when this command ends: name another store, such as sqlite:///backstage.db"
        )
    return backend_for(chosen)


@asynccontextmanager
async def opened_store(url: str | None, opening: Opening = Opening.PRODUCE) -> AsyncIterator[GuardedUseCases]:
    """Connect, to store something, and give the use cases over the store.

    Raises ConfigurationError, StorageUnavailableError, and with READ StoreNotReadyError.
    """
    async with opened_use_cases(url, opening) as use_cases:
        yield _of_this_user(use_cases)


@asynccontextmanager
async def opened_use_cases(url: str | None, opening: Opening = Opening.PRODUCE) -> AsyncIterator[UseCases]:
    """The same for a command that lets in others than its own user."""
    backend = store(url)
    try:
        await backend.open(opening)
        yield UseCases(backend, NoListeners(), _Ids(), configuration=partial(_configured, url))
    finally:
        await backend.close()


@asynccontextmanager
async def filled_store(url: str | None, option: str = "url") -> AsyncIterator[GuardedUseCases]:
    """The same for a store that must exist: where there is none, raises ConfigurationError about the `option`."""
    async with AsyncExitStack() as stack:
        try:
            opened = await stack.enter_async_context(opened_store(url, Opening.READ))
        except StoreNotReadyError:
            raise ConfigurationError(option, f"there is no store at {_place_of(url)}") from None
        yield opened


@asynccontextmanager
async def existing_store(url: str | None) -> AsyncIterator[GuardedUseCases]:
    """The same, but looking creates nothing: where there is no store, it is as an empty one, and stderr says so."""
    async with AsyncExitStack() as stack:
        try:
            opened = await stack.enter_async_context(opened_store(url, Opening.READ))
        except StoreNotReadyError:
            remedy = "a starting worker creates it, and so does backstage migrate"
            print(f"backstage: there is no store at {_place_of(url)} yet: {remedy}", file=sys.stderr)
            opened = _of_this_user(UseCases(backend_for("memory://"), NoListeners(), _Ids()))
            await opened.backend.open(Opening.PRODUCE)
            stack.push_async_callback(opened.backend.close)
        yield opened


def _of_this_user(use_cases: UseCases) -> GuardedUseCases:
    """Whoever may run commands here may read the store, so there is nothing that is not allowed: calls are audited."""
    guarded = GuardedUseCases(use_cases, host_user())
    guarded.backend = use_cases.backend
    return guarded


def _configured(url: str | None) -> Configuration:
    from backstage.infra.settings.configuration_of import configuration_of  # noqa: PLC0415 - slow to load, and
    from backstage.infra.settings.settings import Settings  # noqa: PLC0415 - seldom needed

    return configuration_of(Settings.load(url=url))


def _place_of(url: str | None) -> str:
    backend = store(url)
    missing = backend.missing_file() if isinstance(backend, _InFile) else None
    return printable(str(missing)) if missing else redact_url(store_url() if url is None else url)
