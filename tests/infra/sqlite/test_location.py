from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from backstage.conformance.trial import Trial
from backstage.domain.errors import ConfigurationError
from backstage.infra.sqlite.backend import SqliteBackend
from backstage.infra.sqlite.location import parse_url
from backstage.testing.fake_clock import FakeClock


def test_three_slashes_name_a_relative_path_and_four_an_absolute_one() -> None:
    assert parse_url("sqlite:///jobs.db")[0] == Path("jobs.db")
    assert parse_url("sqlite:////var/lib/jobs.db")[0] == Path("/var/lib/jobs.db")


def test_a_url_may_hold_options_and_escaped_characters() -> None:
    path, options = parse_url("sqlite:///my%20jobs.db?synchronous=normal&busy_timeout=5")
    assert path == Path("my jobs.db")
    assert options == {"synchronous": "normal", "busy_timeout": 5.0}


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("sqlite://", "sqlite:///relative.db"),
        ("sqlite:///", "sqlite:///relative.db"),
        ("sqlite://host/jobs.db", "sqlite:///relative.db"),
        ("sqlite:///jobs.db?synchronous=off", "choose full or normal"),
        ("sqlite:///jobs.db?busy_timeout=nan", "from 0 to 3600"),
        ("sqlite:///jobs.db?busy_timeout=soon", "from 0 to 3600"),
        ("sqlite:///jobs%00.db", "NUL"),
    ],
)
def test_a_wrong_url_is_refused_with_a_remedy(url: str, remedy: str, clock: FakeClock) -> None:
    with pytest.raises(ConfigurationError, match=remedy) as caught:
        SqliteBackend.from_url(url, clock)
    assert url in str(caught.value)


def test_the_value_of_an_unknown_option_is_not_shown() -> None:
    with pytest.raises(ConfigurationError, match="'key': use synchronous or busy_timeout") as caught:
        parse_url("sqlite:///jobs.db?key=s3cret")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///:memory:",
        "sqlite://:memory:",
        "sqlite:////:memory:",
        "sqlite:///%3Amemory%3A",
        "sqlite:///:memory:?synchronous=full",
        "sqlite:///file::memory:?cache=shared",
        "sqlite:///file:jobs?mode=memory&cache=shared",
        "sqlite://",
    ],
)
def test_a_database_in_memory_is_refused_and_the_store_in_memory_named(url: str) -> None:
    with pytest.raises(ConfigurationError, match="memory://"):
        parse_url(url)


async def refused(url: str, clock: FakeClock) -> str:
    backend = SqliteBackend.from_url(url, clock)
    with pytest.raises(ConfigurationError) as caught:
        await backend.open()
    await backend.close()
    message = str(caught.value)
    assert url in message
    assert "\n" not in message
    return message


async def test_a_folder_is_refused(tmp_path: Path, clock: FakeClock) -> None:
    assert "name a file in it" in await refused(f"sqlite:///{tmp_path}", clock)


async def test_a_missing_folder_is_refused(tmp_path: Path, clock: FakeClock) -> None:
    assert "create it first" in await refused(f"sqlite:///{tmp_path}/nowhere/jobs.db", clock)


async def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path, clock: FakeClock) -> None:
    rubbish = b"These are not the bytes of a database.\n" * 100
    await asyncio.to_thread(path.write_bytes, rubbish)
    assert "not a SQLite database" in await refused(f"sqlite:///{path}", clock)
    assert await asyncio.to_thread(path.read_bytes) == rubbish


async def test_a_symbolic_link_is_refused(path: Path, clock: FakeClock) -> None:
    await asyncio.to_thread(path.symlink_to, path.with_name("victim"))
    assert "symbolic link" in await refused(f"sqlite:///{path}", clock)
    assert not path.with_name("victim").exists()


async def test_a_place_where_nothing_can_be_created_is_refused(clock: FakeClock) -> None:
    assert "writable place" in await refused("sqlite:////proc/jobs.db", clock)


def test_making_a_backend_touches_no_file(path: Path, clock: FakeClock) -> None:
    SqliteBackend(path, clock)
    assert list(path.parent.iterdir()) == []


async def test_all_files_are_their_owners_alone(trial: Trial, path: Path) -> None:
    async with trial.backend.wakeup():
        await trial.added()
        made = [path, *path.parent.glob("backstage.db-*"), *path.with_name("backstage.db-wake").iterdir()]
        modes = {file.name.removeprefix("backstage.db"): stat.S_IMODE(file.stat().st_mode) for file in made}
    assert {"", "-wal", "-shm", "-reserve", "-wake"} < modes.keys()
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}
