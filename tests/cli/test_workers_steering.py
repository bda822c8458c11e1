from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.cli.conftest import Cli, Store

_HANDLERS = """
import asyncio
from pathlib import Path

from backstage import handler


@handler("waits")
async def waits_for_a_file(name):
    while not Path(name).exists():
        await asyncio.sleep(0.01)
"""


def _workers(cli: Cli) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(cli("workers", "--json").out)
    return told


def test_a_worker_is_told_by_either_end_of_its_id(cli: Cli, store: Store) -> None:
    store.beat("host-1.abcdef", python="3.12.1")
    assert cli("workers", "quiet", "abcdef").out == (
        "worker host-1.abcdef finishes what runs and claims nothing new, from its next beat on (1 task running)\n"
    )
    assert [worker["order"] for worker in _workers(cli)] == ["quiet"]
    assert cli("workers", "resume", "host-1").out == "worker host-1.abcdef claims again, from its next beat on\n"
    assert cli("workers", "stop", "abcdef", "--yes").out.startswith("worker host-1.abcdef stops with its next beat")
    assert [worker["order"] for worker in _workers(cli)] == ["stop"]


def test_what_cannot_be_done_is_refused(cli: Cli, store: Store) -> None:
    store.beat("older")
    unknown, old = cli("workers", "stop", "nobody"), cli("workers", "quiet", "older")
    assert (unknown.code, old.code) == (1, 1)
    assert "no worker 'nobody'" in unknown.err
    assert "older is of an earlier release, which takes no orders" in old.err
    assert "name the worker" in cli("workers", "quiet").err
    assert "list takes no ID" in cli("workers", "list", "older").err


def test_a_worker_process_is_quieted_asked_resumed_and_stopped_from_another(
    cli: Cli, store: Store, folder: Path
) -> None:
    (folder / "my_handlers.py").write_text(_HANDLERS)
    first = store.enqueue("waits", payload=str(folder / "first"))
    command = [sys.executable, "-m", "backstage", "worker", "--handlers", "my_handlers", "--lease", "0.9"]
    variables = {**os.environ, "BACKSTAGE_POLL_INTERVAL": "0.05"}
    worker = subprocess.Popen(command, cwd=folder, env=variables, stderr=subprocess.DEVNULL)
    try:
        _until(lambda: worker.poll() is not None or [len(each["running"]) for each in _workers(cli)] == [1])
        [told] = _workers(cli)
        assert told["memory"] > 10_000_000
        assert cli("workers", "quiet", told["id"]).code == 0
        _until(lambda: _workers(cli)[0]["state"] == "quiet")
        later = store.enqueue("waits", payload=str(folder / "later"))
        (folder / "first").touch()
        _until(lambda: store.task(first).state == "completed")
        assert store.task(later).attempt == 0
        assert "quiet and claims nothing" in cli("explain", later).out
        assert cli("workers", "resume", told["id"]).code == 0
        _until(lambda: store.task(later).state == "running")
        assert "await asyncio.sleep(0.01)" in cli("workers", "stacks", told["id"]).out
        (folder / "later").touch()
        assert cli("workers", "stop", told["id"]).code == 0
        assert worker.wait(60) == 0
        assert store.task(later).state == "completed"
        assert _workers(cli) == []
    finally:
        if worker.poll() is None:
            os.kill(worker.pid, signal.SIGKILL)
        worker.wait()


def _until(is_so: Any) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
