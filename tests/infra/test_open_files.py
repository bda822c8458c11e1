from __future__ import annotations

import errno
import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from backstage.domain.errors import ConfigurationError, StorageUnavailableError
from backstage.infra.open_files import LEAST, check_limit
from backstage.infra.postgres.store_errors import translate as of_postgres
from backstage.infra.redis.store_errors import translate as of_redis
from backstage.infra.sqlite.store_errors import translate as of_sqlite

SPENT = OSError(errno.EMFILE, os.strerror(errno.EMFILE))


@contextmanager
def limited_to(number: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (number, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def nothing_left() -> Iterator[None]:
    """As many files open as may be."""
    with limited_to(LEAST * 4), ExitStack() as files:
        with suppress(OSError):
            while True:
                files.enter_context(open(os.devnull))  # noqa: PTH123
        yield


def test_a_worker_is_not_begun_where_too_few_files_may_be_open() -> None:
    check_limit()
    with limited_to(LEAST - 1), pytest.raises(ConfigurationError, match=r"^ulimit -n: 63 .* needs 64: raise it"):
        check_limit()


@pytest.mark.parametrize("module", ["worker.run", "backstage.cli.main"])
def test_the_command_ends_with_wrong_usage_and_names_the_limit(module: str, tmp_path: Path) -> None:
    begin = [sys.executable, "-m", module] if module == "worker.run" else [sys.executable, "-m", module, "worker"]
    ended = subprocess.run(
        ["sh", "-c", 'ulimit -n 20; exec "$@"', "sh", *begin, "--url", "sqlite:///jobs.db", "--until-idle"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert "ulimit -n: 20 files may be open" in ended.stderr


def test_a_connection_that_no_file_is_left_for_says_so() -> None:
    wrapped = ConnectionError("Error 24 connecting to localhost:6379.")
    wrapped.__cause__ = SPENT
    for error in (of_postgres(SPENT, "postgresql://h/d"), of_redis(wrapped, "redis://h")):
        assert isinstance(error, StorageUnavailableError)
        assert "too many open files" in str(error)
        assert "ulimit -n" in str(error)


def test_a_file_of_sqlite_that_cannot_be_opened_for_that_says_so(tmp_path: Path) -> None:
    with nothing_left():
        with pytest.raises(sqlite3.OperationalError) as caught:
            sqlite3.connect(tmp_path / "jobs.db").execute("SELECT 1 FROM sqlite_schema")
        error = of_sqlite(caught.value, "jobs.db")
    assert isinstance(error, StorageUnavailableError)
    assert "too many open files" in str(error)
    assert "too many open files" not in str(of_sqlite(caught.value, "jobs.db"))
