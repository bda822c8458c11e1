from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Cli


def test_the_project_that_init_writes_runs_and_passes_its_tests(cli: Cli, folder: Path) -> None:
    assert "backstage dev" in cli("init", "shop").out
    shop = folder / "shop"

    def run(*arguments: str) -> str:
        command = [sys.executable, *arguments]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        done = subprocess.run(
            command, cwd=shop, env=environment, capture_output=True, text=True, timeout=100, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "1 passed" in run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis")
    task_id = run("enqueue.py").strip()
    run("-m", "backstage", "worker", "--until-idle", "--log-level", "error")
    assert "completed" in run("-m", "backstage", "show", task_id)
    assert "Order 7: 24.75" in run("-m", "backstage", "list", "--json")


def test_no_file_is_overwritten(cli: Cli, folder: Path) -> None:
    (folder / "tasks.py").write_text("mine")
    answer = cli("init")
    assert (answer.code, (folder / "tasks.py").read_text()) == (2, "mine")
    assert "tasks.py already" in answer.err
    assert not (folder / "enqueue.py").exists()
