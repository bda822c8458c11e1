"""Schema changes as numbered files, forward only: what every SQL backend's runner shares."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import ConfigurationError, StoreNotReadyError
from backstage.domain.opening import Opening

_FILE = re.compile(r"(\d{4})_\w+\.sql")
_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Migration:
    """`migrations/<backend>/<version>_<what>.sql`. `checksum` is the SHA-256 of the text."""

    version: int
    name: str
    sql: str
    checksum: str


@dataclass(frozen=True, slots=True)
class MigrationStatus:
    """`applied_at` is None for a migration still to be applied."""

    version: int
    name: str
    applied_at: datetime | None


@cache
def migrations_of(backend: str) -> tuple[Migration, ...]:
    """Return the backend's migrations, lowest version first.

    They lie in the package when it was installed from a wheel, and beside it in a checkout.
    """
    folder = _folder_of(backend)
    found = [_read(file, match) for file in sorted(folder.iterdir()) if (match := _FILE.fullmatch(file.name))]
    assert [migration.version for migration in found] == list(range(1, len(found) + 1))
    return tuple(found)


def undoing(backend: str, migration: Migration) -> str:
    """Return the SQL that undoes a migration, from `<version>_<what>.down.sql` beside it. Raises ConfigurationError."""
    file = _folder_of(backend) / f"{migration.name}.down.sql"
    if not file.exists():
        raise ConfigurationError("migrations", f"{migration.name} cannot be undone: restore a backup")
    return file.read_text("utf-8")


def are_applied(todo: Sequence[Migration], opening: Opening, *, is_new: bool, store: str) -> bool:
    """Whether somebody who opens a store that lacks these migrations applies them; `is_new`: it has none at all.

    Without them an older store serves as far as it can. Raises ConfigurationError and StoreNotReadyError.
    """
    if not todo or opening is Opening.WORK:
        return bool(todo)
    if opening is Opening.WORK_AS_IT_IS:
        names = ", ".join(migration.name for migration in todo)
        raise ConfigurationError(store, f"lacks {names}: run backstage migrate")
    if is_new and opening is Opening.READ:
        raise StoreNotReadyError(store, "there is no store here yet")
    return is_new


def _folder_of(backend: str) -> Path:
    folders = [_PACKAGE / "migrations" / backend, _PACKAGE.parent / "migrations" / backend]
    folder = next((folder for folder in folders if folder.is_dir()), None)
    if folder is None:
        raise ConfigurationError(
            "migrations", f"no migrations for {backend} in {folders[0]}: install the package again"
        )
    return folder


def _read(file: Path, match: re.Match[str]) -> Migration:
    sql = file.read_text("utf-8")
    return Migration(int(match[1]), file.stem, sql, hashlib.sha256(sql.encode()).hexdigest())


def pending(known: tuple[Migration, ...], applied: Mapping[int, str], store: str) -> list[Migration]:
    """Return the migrations not applied yet, given the checksum of each applied version.

    Raises ConfigurationError when the store is newer than this code, or an applied migration was edited since.
    """
    newest = max(applied, default=0)
    if newest > len(known):
        raise ConfigurationError(
            store, f"has schema version {newest}, but this Backstage knows only {len(known)}: upgrade Backstage"
        )
    for migration in known:
        if applied.get(migration.version, migration.checksum) != migration.checksum:
            raise ConfigurationError(
                store,
                f"was migrated with a {migration.name}.sql that differs from the installed one: "
                "install the release that migrated it, and change schemas only with new files",
            )
    return [migration for migration in known if migration.version not in applied]
