"""What type checkers say of users' calls: a misspelt option is found, and nothing is that is right."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.docs.markdown import ROOT

CALLS = Path(__file__).with_name("calls.py")


def test_mypy_finds_each_wrong_line_and_no_other() -> None:
    said = output_of("mypy", "--config-file", "pyproject.toml", "--no-error-summary", str(CALLS))
    found = {int(line) for line in re.findall(rf"{CALLS.name}:(\d+): error: ", said)}
    assert found == wrong_lines(), said
    assert 'did you mean "priority"?' in said


def test_pyright_finds_each_wrong_line_and_no_other(tmp_path: Path) -> None:
    """By basedpyright with pyright's own rules: its wheels bring all that it runs, and pyright's download it."""
    config = tmp_path / "pyrightconfig.json"
    config.write_text(json.dumps({"include": [str(CALLS)], "typeCheckingMode": "standard", "extraPaths": [str(ROOT)]}))
    said = output_of("basedpyright", "--project", str(config), "--pythonpath", sys.executable, "--outputjson")
    errors = [each for each in json.loads(said)["generalDiagnostics"] if each["severity"] == "error"]
    assert {each["range"]["start"]["line"] + 1 for each in errors} == wrong_lines(), errors


def output_of(module: str, *arguments: str) -> str:
    command = (sys.executable, "-m", module, *arguments)
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


def wrong_lines() -> set[int]:
    lines = CALLS.read_text(encoding="utf-8").splitlines()
    return {number for number, line in enumerate(lines, start=1) if line.endswith("# wrong")}
