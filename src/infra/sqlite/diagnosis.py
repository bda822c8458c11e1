"""Examining the file for `backstage doctor`."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from pathlib import Path

from backstage.domain.errors import ConfigurationError
from backstage.domain.finding import Finding, Severity
from backstage.infra.lanes_finding import lanes_finding
from backstage.infra.migrations import migrations_of
from backstage.infra.sqlite.file_system import file_system_of, is_of_a_network
from backstage.infra.sqlite.migrations import plan
from backstage.infra.sqlite.reserve import Reserve

_WAL_RESET_FIXED = (3, 51, 3)
_WAL_RESET_FIXED_TOO = {(3, 44): 6, (3, 50): 7}
"""The releases of these lines that got the mend afterwards, from this number on."""
_LANES = "SELECT count(*) FROM backstage_counts WHERE state = 'pending' AND tasks > 0"
_LITTLE_ROOM = 2 * 1024 * 1024
_LEVELS = {0: "off", 1: "normal", 2: "full", 3: "extra"}


def diagnose(connection: sqlite3.Connection, path: Path) -> list[Finding]:
    """Return what was found, in a fixed order. Raises sqlite3.Error when the file cannot be read at all."""
    if not path.exists():
        missing = Finding("file", Severity.WARNING, f"{path} does not exist yet", "run backstage migrate, or a worker")
        return [sqlite_version_finding(sqlite3.sqlite_version_info), missing]
    schema = _schema(connection, path)
    return [
        sqlite_version_finding(sqlite3.sqlite_version_info),
        _journal_mode(connection),
        _synchronous(connection),
        _integrity(connection),
        *_modes(path),
        *_file_system(path),
        _room(path),
        schema,
        *([_lanes(connection)] if schema.status is Severity.OK else []),
        _size(connection),
    ]


def diagnose_missing(path: Path) -> list[Finding]:
    """Return what can be said of a file that does not exist yet."""
    return [
        sqlite_version_finding(sqlite3.sqlite_version_info),
        Finding(
            "file", Severity.WARNING, f"there is no file at {path} yet", "enqueue a task, or run backstage migrate"
        ),
    ]


def has_wal_reset_mend(version: tuple[int, ...]) -> bool:
    major, minor, patch = version[:3]
    return version >= _WAL_RESET_FIXED or patch >= _WAL_RESET_FIXED_TOO.get((major, minor), patch + 1)


def sqlite_version_finding(version: tuple[int, ...]) -> Finding:
    text = ".".join(str(number) for number in version)
    if has_wal_reset_mend(version):
        return Finding("sqlite version", Severity.OK, text)
    return Finding(
        "sqlite version",
        Severity.WARNING,
        f"{text} has the WAL-reset bug (3.7.0 to 3.51.2). Backstage never triggers it, because it checkpoints only "
        "while nobody can commit. Other programs may still trigger it, if they commit or checkpoint while "
        "Backstage writes: the sqlite3 command, Litestream, your own connections, older releases of Backstage",
        "execute PRAGMA wal_autocheckpoint = 0 on connections of your own, let no other program checkpoint the file, "
        "or run Python with SQLite 3.44.6, 3.50.7, 3.51.3 or newer",
    )


def _file_system(path: Path) -> list[Finding]:
    name = file_system_of(path)
    if name is None:
        return []
    if not is_of_a_network(name):
        return [Finding("file system", Severity.OK, name)]
    detail = f"{name}: SQLite's locks do not work across hosts, and the file may be damaged"
    return [
        Finding("file system", Severity.WARNING, detail, "put the file on a local disk, or use PostgreSQL or Redis")
    ]


def _journal_mode(connection: sqlite3.Connection) -> Finding:
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode == "wal":
        return Finding("journal mode", Severity.OK, mode)
    return Finding("journal mode", Severity.ERROR, mode, "put the file on a local file system, which can hold a WAL")


def _synchronous(connection: sqlite3.Connection) -> Finding:
    (level,) = connection.execute("PRAGMA synchronous").fetchone()
    if level >= 2:
        return Finding("synchronous", Severity.OK, f"{_LEVELS[level]}: accepted tasks survive a power failure")
    return Finding(
        "synchronous",
        Severity.WARNING,
        f"{_LEVELS[level]}: a power failure may undo the last accepted steps",
        "leave out synchronous=normal unless that is acceptable",
    )


def _integrity(connection: sqlite3.Connection) -> Finding:
    problems = [text for (text,) in connection.execute("PRAGMA quick_check(5)") if text != "ok"]
    if not problems:
        return Finding("integrity", Severity.OK, "quick_check found no problem")
    return Finding(
        "integrity", Severity.ERROR, "; ".join(problems), "restore a backup, or rescue with sqlite3 .recover"
    )


def _modes(path: Path) -> list[Finding]:
    findings = []
    for suffix in ("", "-wal", "-shm", "-reserve"):
        file = path.with_name(f"{path.name}{suffix}")
        if not file.exists():
            continue
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode & 0o077:
            detail = f"{file.name} has mode {mode:04o}: other users can read the payloads"
            findings.append(Finding("file mode", Severity.WARNING, detail, f"chmod 600 {file}"))
        else:
            findings.append(Finding("file mode", Severity.OK, f"{file.name} has mode {mode:04o}"))
    return findings


def _room(path: Path) -> Finding:
    free = shutil.disk_usage(path.parent).free
    if Reserve(path).is_spent and free < _LITTLE_ROOM:
        detail = f"the disk is full ({free:,} bytes left): new tasks are refused, and running ones can end"
        return Finding(
            "room", Severity.WARNING, detail, "free space on the disk, or make some in the file with backstage prune"
        )
    return Finding("room", Severity.OK, f"{free:,} bytes left on the disk")


def _schema(connection: sqlite3.Connection, path: Path) -> Finding:
    known = len(migrations_of("sqlite"))
    try:
        missing = plan(connection, path)
    except ConfigurationError as error:
        return Finding("schema", Severity.ERROR, str(error), "use the Backstage release that migrated this file last")
    if missing:
        names = ", ".join(migration.name for migration in missing)
        return Finding("schema", Severity.WARNING, f"not applied yet: {names}", "run backstage migrate")
    return Finding("schema", Severity.OK, f"version {known}")


def _lanes(connection: sqlite3.Connection) -> Finding:
    (lanes,) = connection.execute(_LANES).fetchone()
    return lanes_finding(lanes)


def _size(connection: sqlite3.Connection) -> Finding:
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    (page_size,) = connection.execute("PRAGMA page_size").fetchone()
    return Finding(
        "size",
        Severity.OK,
        f"{pages * page_size:,} bytes; free pages: {free * page_size:,} bytes (the file grows as needed)",
    )
