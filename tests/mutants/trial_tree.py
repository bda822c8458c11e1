"""A copy of the source tree in which one mutant at a time is tried."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.mutant import ROOT, Mutant

_LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", "site", "dist")
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+::[^\s\[]+)", re.MULTILINE)
_ENDED_BY_TIME = re.compile(r"^(\S+::[^\s\[]+)[^\n]*\n*\++ Timeout \++", re.MULTILINE)
_PATIENCE = 600.0
"""Seconds for one selection."""
_AS_IT_IS = ("-q",)
_MUTATED = ("-v", "--timeout=30", "--timeout-method=thread", "-o", "timeout_func_only=true")
"""Many a mutant lets a test wait in vain for what will not come: that is ended at once, without its teardown."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`failed` names the first test that failed, None if all passed; `output` is what pytest said."""

    failed: str | None
    output: str


class TrialTree:
    def __init__(self, folder: Path) -> None:
        self._root = folder / "tree"
        shutil.copytree(ROOT, self._root, symlinks=True, ignore=_LEFT_OUT)

    def check(self, selection: Sequence[str]) -> Verdict:
        """Run the tests on the code as it is: what fails there would seem to notice every mutant."""
        return self._pytest(selection, _AS_IT_IS)

    def try_out(self, mutant: Mutant) -> Verdict:
        """Run the mutant's tests with it in place. Raises StaleMutantError."""
        path = self._root / mutant.file
        text, times = path.read_text(encoding="utf-8"), path.stat()
        path.write_text(mutant.mutated(text), encoding="utf-8")
        try:
            return self._pytest(mutant.tests, _MUTATED)
        finally:
            path.write_text(text, encoding="utf-8")
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # so that its bytecode is good again

    def _pytest(self, selection: Sequence[str], options: Sequence[str]) -> Verdict:
        command = [sys.executable, "-m", "pytest", "-x", "-rfE", "--tb=line", "-p", "no:cacheprovider", *options]
        environment = os.environ | {"PYTHONPATH": str(self._root)}
        if options is _MUTATED:
            environment["PYTHONDONTWRITEBYTECODE"] = "1"
        done = subprocess.run(
            [*command, *selection],
            cwd=self._root,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_PATIENCE,
            check=False,
        )
        if done.returncode == 0:
            return Verdict(None, done.stdout)
        failed = _FAILED.search(done.stdout) or _ENDED_BY_TIME.search(done.stdout)
        if done.returncode == 1 and failed:
            return Verdict(failed[1].rpartition("::")[2], done.stdout)
        raise RuntimeError(f"pytest ended with {done.returncode} for {' '.join(selection)}:\n{done.stdout[-3000:]}")
