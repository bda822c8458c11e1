"""That the server of a test run is one, and is gone with its last user, however that one ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.journeys.waiting import until
from tests.servers.choice import REDIS
from tests.servers.plugin import program_of
from tests.servers.redis_instance import answers_ping
from tests.servers.shared_server import ROOT, shared_server

_USER = """
import sys
from pathlib import Path
from tests.servers.shared_server import shared_server

with shared_server("redis", Path(sys.argv[1]), Path(sys.argv[2])) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def program(pytestconfig: pytest.Config) -> Path:
    return program_of(REDIS, pytestconfig)


@pytest.fixture
def user(program: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process of the run, which uses the server until it ends."""
    command = [sys.executable, "-c", _USER, str(program), str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as user:
        yield user
        user.kill()


def _port(url: str) -> int:
    return int(url.removeprefix("redis://127.0.0.1:").removesuffix("/0"))


async def test_it_outlives_all_users_but_the_last(program: Path, tmp_path: Path, user: subprocess.Popen[str]) -> None:
    assert user.stdout is not None
    url = user.stdout.readline().strip()
    with shared_server("redis", program, tmp_path) as joined:
        assert joined == url
        user.kill()
        user.wait()
        with redis.Redis.from_url(url) as client:
            assert client.ping()
    await until("its end", lambda: not answers_ping(_port(url)))


async def test_it_is_gone_when_its_only_user_is_killed(user: subprocess.Popen[str]) -> None:
    assert user.stdout is not None
    port = _port(user.stdout.readline().strip())
    assert answers_ping(port)
    user.kill()
    await until("its end", lambda: not answers_ping(port))


def test_another_one_starts_when_the_first_is_gone(program: Path, tmp_path: Path) -> None:
    for _ in range(2):
        with shared_server("redis", program, tmp_path) as url:
            assert answers_ping(_port(url))
