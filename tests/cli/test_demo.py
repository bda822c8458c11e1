from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from backstage.cli import demo_load
from backstage.cli.source_watch import SourceWatch
from backstage.samples import demo_tasks
from backstage.worker.handling.handler_modules import marked_in
from tests.cli.conftest import Cli, Store


def test_a_demo_fills_an_empty_folder_with_things_to_look_at(cli: Cli, folder: Path) -> None:
    assert cli("demo", "--fill").code == 0
    assert "total_invoice" in (folder / "demo_tasks.py").read_text("utf-8")
    queues = {queue["queue"]: queue for queue in json.loads(cli("queues", "--json").out)}
    assert queues[demo_load.PAUSED_QUEUE]["paused_since"] is not None
    assert queues[demo_load.UNSERVED_QUEUE]["pending"] == 5
    pending = json.loads(cli("stats", "--json").out)["pending"]
    assert cli("demo", "--fill").code == 0
    assert json.loads(cli("stats", "--json").out)["pending"] == pending


def test_a_demo_does_not_touch_a_store_with_tasks_of_others(cli: Cli, store: Store) -> None:
    store.enqueue()
    answer = cli("demo", "--fill")
    assert (answer.code, store.count()) == (2, 1)
    assert "run the demo in an empty folder" in answer.err


def test_the_demo_has_a_handler_for_each_type_but_the_unknown_one() -> None:
    chance = Random(1)
    known = {each.type for each in marked_in(demo_tasks).handlers}
    types = {request.type for request in demo_load.first_tasks(chance)}
    types |= {demo_load.some_work(chance).type for _ in range(200)}
    assert types - known == {demo_load.UNKNOWN_TYPE}


def test_a_watch_sees_files_that_come_change_and_go_but_none_of_an_environment(folder: Path) -> None:
    (folder / "venv").mkdir()
    (folder / "venv" / "pyvenv.cfg").touch()
    watch = SourceWatch(folder)
    file = folder / "package" / "tasks.py"
    file.parent.mkdir()
    for change in (lambda: file.write_text("1"), lambda: file.write_text("two"), file.unlink):
        change()
        assert watch.changed() == [file]
    (folder / "venv" / "installed.py").touch()
    (folder / "notes.txt").touch()
    assert watch.changed() == []


@contextmanager
def _dev(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "backstage", "dev", "--log-level", "critical", "--http", "127.0.0.1:0"]
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def test_dev_runs_what_is_in_the_folder_and_starts_again_with_what_was_changed(folder: Path, store: Store) -> None:
    source = 'from backstage import handler\n\n\n@handler("greet")\ndef greet() -> str:\n    return "{}"\n'
    (folder / "tasks.py").write_text(source.format("one"))
    first = store.enqueue("greet")
    with _dev(folder):
        until(lambda: store.task(first).result == "one")
        (folder / "tasks.py").write_text(source.format("three"))
        second = store.enqueue("greet", delay=1.0)
        until(lambda: store.task(second).result == "three")
        until(lambda: "Backstage is at http://127.0.0.1:" in (folder / "said").read_text("utf-8"))


def until(is_so: Callable[[], object], seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
