from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from backstage.conformance.task_factory import TaskFactory
from backstage.testing.fake_clock import FakeClock

pytest_plugins = ["pytester", "tests.servers.plugin", "tests.sqlite_files"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long",
        action="store_true",
        help="play every simulation, random walk and siege at its full size, and every benchmark on each store: for a "
        "release, or a change beneath them",
    )


def pytest_collection_finish() -> None:
    """The tests themselves are thousands of objects that stay: the garbage collector need not look through them again
    and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def is_long(pytestconfig: pytest.Config) -> bool:
    """Whether sizes are the full ones, in place of those that find in minutes what is most likely wrong."""
    return bool(pytestconfig.getoption("--long"))


@pytest.fixture(scope="session", autouse=True)
def compiled_once(run_folder: Path) -> Iterator[None]:
    """Let the first of the many processes that tests start compile the modules for all of them.

    Each would compile them for itself where the environment says that Python is to write no bytecode.
    """
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        environment.setenv("PYTHONPYCACHEPREFIX", str(run_folder / "bytecode"))
        yield


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def new_task(clock: FakeClock) -> TaskFactory:
    return TaskFactory(clock)


@pytest.fixture
def memory_url() -> str:
    return "memory://"


@pytest.fixture(params=["memory", "sqlite", "postgres", "redis"])
def url(request: pytest.FixtureRequest) -> str:
    """Of each store in turn, empty."""
    chosen: str = request.getfixturevalue(f"{request.param}_url")
    return chosen
