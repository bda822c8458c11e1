from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from backstage.conformance.fault_plan import Fault, FaultPlan
from backstage.infra.sqlite.archive import SqliteArchive
from tests.cli.conftest import Cli, Store
from tests.cli.test_processes import SCRIPT, on_terminal
from tests.servers.postgres_server import PostgresServer
from tests.servers.redis_server import RedisServer

TARGET = "sqlite:///target.db"
SIGNALLED_AFTER_THE_FIRST_BATCH = """
import os, sys
from backstage.app.transfer_tasks import TransferTasks
from backstage.cli.main import main

move = TransferTasks.__call__

async def move_and_be_signalled(self, target, moved):
    return await move(self, target, lambda tasks, new: (moved(tasks, new), os.kill(os.getpid(), int(sys.argv[1]))))

TransferTasks.__call__ = move_and_be_signalled
sys.exit(main(["transfer", *sys.argv[2:]]))
"""


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Store:
    store = Store()
    monkeypatch.setattr(store, "url", TARGET)
    return store


def test_a_store_is_copied_and_the_answer_says_what(cli: Cli, store: Store, target: Store) -> None:
    store.complete("1")
    assert cli("prune", "--keep-completed", "0").code == 0
    dead, pending = store.fail(ValueError("no such address")), store.enqueue(payload={"n": 1})
    cli("pause", "default")
    answer = cli("transfer", "--from", "sqlite:///backstage.db", "--to", TARGET)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == ("copied 2 tasks (2 new), 0 schedules (0 new) and 1 pause (1 new); 1 pruned task is counted\n")
    for task_id in (dead, pending):
        assert target.task(task_id) == store.task(task_id)
        # The new pause begins when it is copied, and the log of who paused stays where it is.
        shown = [re.sub(r"since \S+Z[^.]*", "since", cli("show", task_id, *url).out) for url in ((), ("--url", TARGET))]
        assert shown[0] == shown[1]
    assert "default" in cli("queues", "--url", TARGET).out


def test_the_answer_in_json_has_every_number(cli: Cli, store: Store) -> None:
    store.enqueue()
    assert _json(cli("transfer", "--to", TARGET, "--json").out) == {
        "dry_run": False,
        "tasks": 1,
        "new": 1,
        "pruned": 0,
        "schedules": 0,
        "new_schedules": 0,
        "pauses": 0,
        "new_pauses": 0,
        "audit_entries": 1,  # that of this transfer
        "missing": [],
    }
    assert _json(cli("transfer", "--to", TARGET, "--json").out)["new"] == 0


def test_a_dry_run_creates_nothing(cli: Cli, store: Store, folder: Path) -> None:
    store.enqueue()
    answer = cli("transfer", "--to", TARGET, "--dry-run")
    assert answer.code == 0
    assert answer.out == "would copy 1 task, 0 schedules and 0 pauses\n"
    assert not (folder / "target.db").exists()
    plan = _json(cli("transfer", "--to", TARGET, "--dry-run", "--json").out)
    assert plan == {"dry_run": True, "tasks": 1, "pruned": 0, "schedules": 0, "pauses": 0}


def test_fewer_tasks_in_the_target_are_shown_and_end_with_1(cli: Cli, store: Store, target: Store) -> None:
    task_id = store.enqueue()
    assert cli("transfer", "--to", TARGET).code == 0
    assert cli("cancel", task_id, "--url", TARGET).code == 0
    answer = cli("transfer", "--to", TARGET)
    assert answer.code == 1
    assert answer.out.splitlines()[2].split() == ["default", "email:send", "pending", "1", "0", "0", "0"]
    assert "run the same command again" in answer.err
    [missing] = _json(cli("transfer", "--to", TARGET, "--json").out)["missing"]
    assert (missing["source"]["tasks"], missing["target"]["tasks"], missing["target"]["state"]) == (1, 0, "pending")


def test_live_workers_and_running_tasks_are_refused(cli: Cli, store: Store) -> None:
    store.enqueue()
    store.start()
    answer = cli("transfer", "--to", TARGET)
    assert (answer.code, answer.out) == (1, "")
    assert "1 task is running" in answer.err
    store.beat("w1")
    assert "(w1)" in cli("transfer", "--to", TARGET).err


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "--to"),
        (["--to", "sqlite:///backstage.db"], "the same store"),
        (["--to", "memory://"], "--to: memory:// is gone when this command ends"),
        (["--to", "carrier-pigeon://coop"], "carrier-pigeon"),
        (["--from", "sqlite:///nothing.db", "--to", TARGET], "backstage: --from: there is no store at"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(cli: Cli, store: Store, arguments: list[str], problem: str) -> None:
    store.enqueue()
    answer = cli("transfer", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert problem in answer.err
    assert answer.err.count("\n") == 1


def test_one_file_under_two_names_is_refused(cli: Cli, store: Store, folder: Path) -> None:
    store.enqueue()
    answer = cli("transfer", "--to", f"sqlite:///{folder}/backstage.db")
    assert answer.code == 1
    assert "the same store" in answer.err


def test_a_transfer_that_is_killed_goes_on_when_it_is_run_again(cli: Cli) -> None:
    _enqueue_many(400)
    assert _transfer_until_the_first_batch(signal.SIGKILL, "--to", TARGET).returncode == -signal.SIGKILL
    assert _json(cli("stats", "--url", TARGET, "--json").out)["pending"] == 50
    again = _json(cli("transfer", "--to", TARGET, "--json").out)
    assert (again["tasks"], again["new"], again["missing"]) == (400, 350, [])
    everything = ("list", "--limit", "1000", "--json")
    assert cli(*everything, "--url", TARGET).out == cli(*everything).out


def test_a_store_goes_round_all_backends_although_each_transfer_is_killed_once(
    cli: Cli, postgres_server: PostgresServer, redis_server: RedisServer
) -> None:
    _enqueue_many(120)
    everything = ("list", "--limit", "1000", "--json")
    before = _json(cli(*everything).out)
    stores = [Store.url, asyncio.run(postgres_server.new_database()), redis_server.new_store(), TARGET]
    for old, new in pairwise(stores):
        killed = _transfer_until_the_first_batch(signal.SIGKILL, "--from", old, "--to", new)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert _json(cli("stats", "--url", new, "--json").out)["pending"] == 50
        again = _json(cli("transfer", "--from", old, "--to", new, "--json").out)
        assert (again["tasks"], again["new"], again["missing"]) == (120, 70, [])
    assert _json(cli(*everything, "--url", TARGET).out) == before


def test_an_interrupted_transfer_says_how_to_go_on() -> None:
    _enqueue_many(400)
    ended = _transfer_until_the_first_batch(signal.SIGINT, "--to", TARGET)
    assert ended.returncode == 130
    assert ended.stderr.splitlines() == [
        "backstage: 50 of 400 tasks are copied; run the same command again to copy the rest",
        "backstage: interrupted",
    ]


def test_a_transfer_to_a_store_that_fails_says_how_to_go_on(
    cli: Cli, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    _enqueue_many(60)
    write, plan = SqliteArchive.write, FaultPlan([None, Fault.REQUEST_LOST])
    monkeypatch.setattr(SqliteArchive, "write", lambda archive, stored: plan.around(lambda: write(archive, stored)))
    answer = cli("transfer", "--to", TARGET)
    assert (answer.code, answer.out) == (1, "")
    assert "50 of 60 tasks are copied; run the same command again" in answer.err
    assert "copied 60 tasks (10 new)" in cli("transfer", "--to", TARGET).out


def test_a_bar_on_the_terminal_shows_how_many_were_copied(store: Store, folder: Path) -> None:
    for _ in range(3):
        store.enqueue()
    command = ["/bin/sh", "-c", f'"{SCRIPT}" transfer --to {TARGET} > {folder / "answer"}']
    assert "3 of 3 tasks, 3 new" in on_terminal(command, os.environ | {"TERM": "xterm-256color"})


def _enqueue_many(number: int) -> None:
    lines = "".join(f'{{"type": "a", "payload": {n}}}\n' for n in range(number))
    subprocess.run([SCRIPT, "enqueue", "-", "--quiet"], input=lines, text=True, check=True, timeout=60)


def _transfer_until_the_first_batch(number: signal.Signals, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", SIGNALLED_AFTER_THE_FIRST_BATCH, str(int(number)), *arguments]
    return subprocess.run(program, check=False, timeout=60, capture_output=True, text=True)


def _json(text: str) -> Any:
    return json.loads(text)
