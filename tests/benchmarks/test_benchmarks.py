"""That the benchmarks run and what they leave; on so few tasks, nothing about speed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.one_measurement import measured
from benchmarks.plan import Case, steps
from benchmarks.rounds import ratios
from benchmarks.scene import Scene
from benchmarks.systems import System

_ROOT = Path(__file__).parents[2]
_STEPS = list(steps(("memory", "sqlite"), 20))


def _benchmarks(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=110, check=False)


@pytest.mark.parametrize(
    ("case", "system", "tasks"), _STEPS, ids=[f"{case.name} on {system.name}" for case, system, _ in _STEPS]
)
async def test_each_measurement_gives_numbers(case: Case, system: System, tasks: int, tmp_path: Path) -> None:
    scene = Scene(system=system.name, path=str(tmp_path / "store.db"), tasks=tasks, **case.scene)
    numbers = await measured(case.measurement, scene)
    assert numbers
    assert all(number >= 0 for number in numbers.values())


def test_the_command_keeps_every_round_and_says_what_it_was_made_on(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    done = _benchmarks("--backend", "memory", "--tasks", "20", "--rounds", "1", "--json", str(path))
    assert done.returncode == 0, done.stderr
    report = json.loads(path.read_text())
    assert {"python", "sqlite", "event_loop", "cores"} <= report["machine"].keys()
    assert len(report["load_before_each_round"]) == 1
    made = {(result["case"], result["system"]) for result in report["results"]}
    assert made == {(case.name, system.name) for case, system, _ in steps(("memory",), 20)}
    for result in report["results"]:
        for metric in result["metrics"].values():
            assert metric["min"] <= metric["median"] <= metric["max"]
            assert len(metric["rounds"]) == 1


def test_a_peer_is_compared_round_by_round_with_the_system_it_is_paired_with() -> None:
    numbers = {
        ("drain, 100 and prefetch 400", "sqlite-normal"): {"tasks_per_s": [200.0, 900.0]},
        ("drain, one thread", "huey"): {"tasks_per_s": [100.0, 300.0]},
        ("drain, one thread", "huey-fsync"): {"tasks_per_s": [1.0, 1.0]},
    }
    [pair] = ratios(numbers)
    assert (pair["peer"], pair["min"], pair["max"]) == ("huey", 2.0, 3.0)


def test_a_backend_that_is_none_is_refused_by_name() -> None:
    refused = _benchmarks("--backend", "abacus")
    assert refused.returncode == 1
    assert "abacus" in refused.stderr
