from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.journeys.conftest import StartWorker
from tests.journeys.store import Store

DIARY = "Dear diary, " * 100
SOURCES = {
    "unfinished": "def (",
    "raising": "raise RuntimeError('no database today')",
    "lacking": "import a_library_that_nobody_has",
    "misnamed": "from backstage import handler\n\n\n@handler('a bad name')\nasync def sell(): ...\n",
    "misplaced": "from backstage import handler\n\n@handler('shop:sell', run_in='cloud')\nasync def sell(): ...\n",
    "twofold": """
from backstage import handler
@handler("shop:sell")
async def sell(): ...
@handler("shop:sell")
async def sell_again(): ...
""",
}


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    return sqlite_store


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["--handlers", "missing.handlers"], "there is no module 'missing.handlers'"),
        (["--handlers", "unfinished"], "unfinished.py, line 1"),
        (["--handlers", "raising"], "RuntimeError: no database today"),
        (["--handlers", "lacking"], "No module named 'a_library_that_nobody_has'"),
        (["--handlers", "twofold"], "shop:sell: has two handlers"),
        (["--handlers", "misnamed"], "misnamed.py, line 4"),
        (["--handlers", "misplaced"], "misplaced.py, line 3"),
        (["--handlers", "../handlers"], "is not the name of a module"),
        (["--url", "mysql://shop:secret@host/shop"], "no backend has the scheme 'mysql'"),
        (["--url", "sqlite:///missing/backstage.db"], "does not exist: create it first"),
        (["--lease", "abc"], "lease: 'abc' is not a number of seconds"),
        (["--processes", "many"], "processes: 'many' is not a whole number"),
        (["--processes", "2", "--url", "memory://"], "processes: each would have its own memory:// store"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
async def test_wrong_usage_gets_one_clear_line_and_2(
    start_worker: StartWorker, tmp_path: Path, arguments: list[str], answer: str
) -> None:
    for name, source in SOURCES.items():
        (tmp_path / f"{name}.py").write_text(source)
    worker = start_worker("--until-idle", *arguments)
    assert await worker.code() == 2
    *_, last = worker.output().splitlines()
    assert answer in last
    assert "Traceback" not in worker.output()
    assert "secret" not in worker.output()


@pytest.mark.parametrize("url", ["postgresql://shop:secret@127.0.0.1:1/shop", "redis://:secret@127.0.0.1:1/0"])
async def test_a_server_that_is_not_there_gets_one_line_without_its_password_and_1(
    start_worker: StartWorker, url: str
) -> None:
    worker = start_worker("--url", url, start_timeout=0)
    assert await worker.code() == 1
    [line] = worker.output().splitlines()
    assert "127.0.0.1:1" in line
    assert "secret" not in line


async def test_a_wrong_variable_is_named_as_it_was_written(start_worker: StartWorker) -> None:
    worker = start_worker("--until-idle", lease="abc")
    assert await worker.code() == 2
    assert worker.output() == "backstage: BACKSTAGE_LEASE: 'abc' is not a number of seconds\n"


async def test_a_module_that_marks_nothing_is_told_of(start_worker: StartWorker, tmp_path: Path) -> None:
    (tmp_path / "own_worker.py").write_text(
        "from backstage import Worker\nworker = Worker('memory://')\n@worker.on('a')\nasync def a(): ...\n"
    )
    worker = start_worker("--until-idle", "--handlers", "own_worker")
    assert await worker.code() == 0
    [line] = worker.lines("handlers_missing")
    assert (line["module"], "backstage.handler" in line["remedy"]) == ("own_worker", True)


async def test_the_traceback_of_a_module_that_cannot_be_imported_is_logged_for_who_debugs(
    start_worker: StartWorker, tmp_path: Path
) -> None:
    (tmp_path / "raising.py").write_text(SOURCES["raising"])
    worker = start_worker("--until-idle", "--handlers", "raising", "--log-level", "debug")
    assert await worker.code() == 2
    [line] = worker.lines("handlers_unloadable")
    assert line["module"] == "raising"
    assert "raising.py" in line["exception"]


async def test_mail_and_webhooks_are_served_by_workers_that_are_told_to(
    start_worker: StartWorker, store: Store
) -> None:
    plain = start_worker("--until-idle", handlers="")
    assert await plain.code() == 0
    [missing], [started] = plain.lines("handlers_missing"), plain.lines("worker_started")
    assert "--handlers" in missing["remedy"]
    assert started["types"] == []
    told = start_worker("--until-idle", "--handlers", "backstage.handlers.email,backstage.handlers.webhook")
    assert await told.code() == 0
    [started] = told.lines("worker_started")
    assert started["types"] == ["email:send", "webhook:deliver"]


async def test_a_fleet_whose_workers_cannot_start_ends_at_once_with_2(start_worker: StartWorker) -> None:
    fleet = start_worker("--processes", "2", "--handlers", "missing.handlers")
    assert await fleet.code() == 2
    assert "there is no module 'missing.handlers'" in fleet.output()
    assert fleet.lines("worker_process_died") == []


@pytest.fixture
def diary(database: Path) -> Path:
    database.write_text(DIARY)
    return database


async def test_a_file_that_is_no_database_is_left_as_it_is(start_worker: StartWorker, diary: Path) -> None:
    worker = start_worker("--until-idle")
    assert await worker.code() == 2
    assert "is not a SQLite database: name another file" in worker.output()
    assert await asyncio.to_thread(diary.read_text) == DIARY
