"""What type checkers say of users' calls: a misspelt option is found, and nothing is that is right."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.docs.markdown import ROOT

CALLS = Path(__file__).with_name("calls.py")


def test_mypy_finds_each_wrong_line_and_no_other() -> None:
    command = (sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", "--no-error-summary", str(CALLS))
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = {int(line) for line in re.findall(rf"{CALLS.name}:(\d+): error: ", said.stdout)}
    assert found == wrong_lines(), said.stdout + said.stderr
    assert 'did you mean "priority"?' in said.stdout


def wrong_lines() -> set[int]:
    lines = CALLS.read_text(encoding="utf-8").splitlines()
    return {number for number, line in enumerate(lines, start=1) if line.endswith("# wrong")}
