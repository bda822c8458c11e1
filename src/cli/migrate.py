from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from backstage.cli.answer import iso, print_json
from backstage.cli.command_parser import DONE, CommandParser
from backstage.cli.store import store
from backstage.domain.errors import ConfigurationError
from backstage.domain.time_texts import moment


class _Migration(Protocol):
    @property
    def version(self) -> int: ...

    @property
    def name(self) -> str: ...


class _MigrationStatus(_Migration, Protocol):
    @property
    def applied_at(self) -> datetime | None: ...


@runtime_checkable
class _Reversible(Protocol):
    async def migrate_down(self) -> _Migration | None: ...


@runtime_checkable
class _Migrated(Protocol):
    async def migrate(self) -> Sequence[_Migration]: ...

    async def migration_plan(self) -> Sequence[_Migration]: ...

    async def migration_status(self) -> Sequence[_MigrationStatus]: ...


class _Schemaless:
    """A store without a schema, which is therefore up to date: a deploy is the same whatever the URL."""

    async def migrate(self) -> Sequence[_Migration]:
        return ()

    async def migration_plan(self) -> Sequence[_Migration]:
        return ()

    async def migration_status(self) -> Sequence[_MigrationStatus]:
        return ()


def parser() -> CommandParser:
    options = CommandParser("migrate", "Create or upgrade the tables of the store.")
    options.add_argument("--dry-run", action="store_true", help="show what would be applied, and apply nothing")
    options.add_argument("--status", action="store_true", help="show when each migration was applied")
    options.add_argument(
        "--down", action="store_true", help="undo the last migration, and delete the data that only it can hold"
    )
    options.add_argument("--yes", action="store_true", help="with --down: skip the confirmation")
    options.add_json()
    return options


def run(arguments: Sequence[str]) -> int:
    known = parser()
    options = known.parse_args(arguments)
    if options.dry_run + options.status + options.down > 1:
        known.error("give one of --dry-run, --status and --down")
    if options.down != options.yes:
        known.error("--down deletes tables with their data: add --yes to confirm")
    backend = store(options.url)
    migrated = backend if isinstance(backend, _Migrated) else _Schemaless()
    if options.down:
        return _undo(migrated, as_json=options.json)
    if options.status:
        statuses = asyncio.run(migrated.migration_status())
        (_print_documents if options.json else _print_statuses)(statuses)
        return DONE
    migrations = asyncio.run(migrated.migration_plan() if options.dry_run else migrated.migrate())
    if options.json:
        print_json([{"version": each.version, "name": each.name} for each in migrations])
        return DONE
    for each in migrations:
        print(f"{'would apply' if options.dry_run else 'applied'} {each.name}")
    if not migrations:
        print("up to date")
    return DONE


def _undo(migrated: _Migrated, *, as_json: bool) -> int:
    if not isinstance(migrated, _Reversible):
        raise ConfigurationError("--down", "the migrations of this store cannot be undone: restore a backup instead")
    undone = asyncio.run(migrated.migrate_down())
    if as_json:
        print_json(None if undone is None else {"version": undone.version, "name": undone.name})
    else:
        print("nothing was applied" if undone is None else f"undid {undone.name}")
    return DONE


def _document(migration: _MigrationStatus) -> dict[str, Any]:
    return {
        "version": migration.version,
        "name": migration.name,
        "applied_at": None if migration.applied_at is None else iso(migration.applied_at),
    }


def _print_documents(statuses: Sequence[_MigrationStatus]) -> None:
    print_json([_document(status) for status in statuses])


def _print_statuses(statuses: Sequence[_MigrationStatus]) -> None:
    if not statuses:
        print("a store of this kind has no migrations")
    for status in statuses:
        print(f"{status.name}  {moment(status.applied_at) if status.applied_at else 'not applied'}")
