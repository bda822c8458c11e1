from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from backstage.cli.answer import moment, print_json
from backstage.cli.command_parser import DONE, CommandParser
from backstage.cli.store import store
from backstage.domain.errors import ConfigurationError


class _Migration(Protocol):
    @property
    def version(self) -> int: ...

    @property
    def name(self) -> str: ...


class _MigrationStatus(_Migration, Protocol):
    @property
    def applied_at(self) -> datetime | None: ...


@runtime_checkable
class _Migrated(Protocol):
    async def migrate(self) -> Sequence[_Migration]: ...

    async def migration_plan(self) -> Sequence[_Migration]: ...

    async def migration_status(self) -> Sequence[_MigrationStatus]: ...


def parser() -> CommandParser:
    options = CommandParser(
        "migrate", "Bring the store's schema up to date; a SQLite file that does not exist is created."
    )
    options.add_argument("--dry-run", action="store_true", help="say what would be applied, and apply nothing")
    options.add_argument("--status", action="store_true", help="say of each migration when it was applied")
    options.add_json()
    return options


def run(arguments: Sequence[str]) -> int:
    known = parser()
    options = known.parse_args(arguments)
    if options.dry_run and options.status:
        known.error("give --dry-run or --status, not both")
    migrated = _migrated(options.url)
    if options.status:
        _print_status(asyncio.run(migrated.migration_status()), options.json)
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


def _migrated(url: str | None) -> _Migrated:
    backend = store(url)
    if not isinstance(backend, _Migrated):
        raise ConfigurationError("url", "that store has no schema: there is nothing to migrate")
    return backend


def _print_status(migrations: Sequence[_MigrationStatus], is_json: bool) -> None:
    if is_json:
        print_json(
            [
                {
                    "version": each.version,
                    "name": each.name,
                    "applied_at": each.applied_at and each.applied_at.isoformat().replace("+00:00", "Z"),
                }
                for each in migrations
            ]
        )
        return
    for each in migrations:
        print(f"{each.name}  {moment(each.applied_at) if each.applied_at else 'not applied'}")
