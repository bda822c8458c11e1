"""Every example in the README and the guides is run as it stands there, each in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.docs.markdown import ROOT, Block, blocks, command, pages

PAGES = [page for page in pages() if "examples" not in page.parts]
SECONDS = 110
PYTEST = ("-m", "pytest", "-q", "-o", "asyncio_mode=auto", "-p", "no:cacheprovider", "-p", "no:schemathesis")


def each(language: str) -> list[pytest.ParameterSet]:
    return [pytest.param(block, id=block.place) for page in PAGES for block in blocks(page, language)]


@pytest.mark.parametrize("block", each("python"))
def test_a_python_example_runs_as_pasted(block: Block, tmp_path: Path) -> None:
    is_test_file = "def test_" in block.code
    script = tmp_path / ("test_example.py" if is_test_file else "example.py")
    script.write_text(block.code, encoding="utf-8")
    printed = run([sys.executable, *(PYTEST if is_test_file else ()), script.name], tmp_path)
    if block.output is not None:
        assert printed == block.output


@pytest.mark.parametrize("block", each("console"))
def test_a_console_example_runs_as_pasted(block: Block, tmp_path: Path) -> None:
    printed = run(["bash", "-euo", "pipefail", "-c", block.code], tmp_path)
    if block.output is not None:
        assert printed == block.output


def test_the_main_command_draws_the_chart_and_ends(tmp_path: Path) -> None:
    """Without its first two steps, which set up the environment that runs this test."""
    *_, enqueue, work = (step.strip() for step in command("main-command").replace("\\\n", " ").split("&&"))
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("out", "__pycache__"))
    printed = run(["bash", "-euc", f"{enqueue}\n{work}".replace(".venv/bin/", "")], tmp_path)
    assert " 48/48 " in printed
    chart = tmp_path / "examples" / "out" / "weather" / "seattle-weather.html"
    assert f"The chart is in {chart}" in printed
    assert chart.is_file()
    assert str(chart.relative_to(tmp_path)) in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_is_read_in_one_go() -> None:
    assert len((ROOT / "README.md").read_bytes()) < 9000


def test_the_readme_s_set_up_commands_are_whole() -> None:
    for marker in ("main-command", "test-command"):
        assert command(marker).startswith("python3 -m venv .venv && .venv/bin/pip install ")


def run(arguments: Sequence[str], folder: Path) -> str:
    ours = ("BACKSTAGE_", "REDIS_", "JOB_", "WORKER_", "PYTEST_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        arguments,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout
