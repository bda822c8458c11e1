"""The examples in the README and the guides pass `mypy --strict`: whoever copies one need not repair it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.markdown import ROOT, blocks
from tests.docs.test_snippets import PAGES


@pytest.mark.timeout(300)  # without a cache, mypy reads the whole library first
def test_every_python_example_passes_mypy_in_strict_mode(tmp_path: Path) -> None:
    for page in PAGES:
        for block in blocks(page, "python"):
            (tmp_path / f"{re.sub(r'[^a-z0-9]', '_', block.place)}.py").write_text(block.code, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(tmp_path)]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
