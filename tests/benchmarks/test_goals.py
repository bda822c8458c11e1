"""That the goals can be measured, and how they are judged; on so few tasks, nothing about speed."""

from __future__ import annotations

import importlib.util
import json
import math
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks.goals.chart import chart
from benchmarks.goals.goal import Goal, Part, Side
from benchmarks.goals.parts import PARTS
from benchmarks.goals.report import keep, markdown, report_of
from benchmarks.goals.running import Made
from benchmarks.measurements import connections, idle_crowd
from benchmarks.one_measurement import measured
from benchmarks.scene import Scene
from benchmarks.systems import PEERS, SYSTEMS

_SIDES = [side for part in PARTS for side in part.sides]
_RATE = "tasks_per_s"


def _made(goal: Goal, **rounds: list[float | None]) -> Made:
    part = Part("trial", tuple(Side(name, "sqlite", "drain") for name in rounds), (goal,))
    return Made(part, {name: [None if rate is None else {_RATE: rate} for rate in rounds[name]] for name in rounds})


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_goals_speak_of_sides_that_their_part_measures(part: Part) -> None:
    sides = {side.name for side in part.sides}
    for goal in part.goals:
        assert {goal.figure[0], *(goal.against or goal.figure)[:1]} <= sides


@pytest.mark.parametrize("side", [side for side in _SIDES if SYSTEMS[side.system].backend not in PEERS], ids=str)
def test_what_is_measured_of_ours_is_a_measurement(side: Side) -> None:
    assert importlib.util.find_spec(f"benchmarks.measurements.{side.measurement}")


def test_a_ratio_is_that_of_the_same_round() -> None:
    goal = Goal("drain", ("ours", _RATE), 2.0, ("peer", _RATE))
    [verdict] = _made(goal, ours=[100.0, 900.0, 300.0], peer=[50.0, 300.0, 100.0]).verdicts()
    assert (verdict.median, verdict.least, verdict.most) == (3.0, 2.0, 3.0)
    assert verdict.figures == (300.0, 100.0)
    assert str(verdict) == "met"


@pytest.mark.parametrize(
    ("rate", "is_most", "verdict"),
    [
        (50.0, False, "missed: 50% below"),
        (150.0, True, "missed: 50% above"),
        (100.0, False, "met"),
        (100.0, True, "met"),
    ],
)
def test_a_verdict_says_by_how_much_a_goal_is_missed(rate: float, is_most: bool, verdict: str) -> None:
    goal = Goal("drain", ("ours", _RATE), 100.0, is_most=is_most)
    assert str(_made(goal, ours=[rate]).verdicts()[0]) == verdict


def test_a_round_in_which_a_side_failed_counts_for_nothing() -> None:
    goal = Goal("drain", ("ours", _RATE), 1.0, ("peer", _RATE))
    assert _made(goal, ours=[9.0, 4.0], peer=[None, 2.0]).verdicts()[0].median == 2.0
    assert str(_made(goal, ours=[9.0], peer=[None]).verdicts()[0]) == "not measured"


def test_parts_that_were_not_measured_again_are_kept(tmp_path: Path) -> None:
    path, goal = tmp_path / "goals.json", Goal("drain", ("ours", _RATE), 1.0)
    first, second = (Made(Part(name, (), (goal,)), {"ours": [{_RATE: 2.0}]}) for name in ("first", "second"))
    keep(report_of([first, second], {}), path)
    keep(report_of([first], {}), path)
    assert {part["name"] for part in json.loads(path.read_text())["parts"]} == {"first", "second"}


def test_the_table_and_the_chart_show_each_goal() -> None:
    verdicts = _made(Goal("a < b", ("ours", _RATE), 100.0), ours=[50.0]).verdicts()
    assert "| a < b | 50 | ≥ 100 | missed: 50% below |" in markdown(verdicts)
    [bar] = ElementTree.fromstring(chart(verdicts)).findall("{*}rect")
    assert bar.get("class") == "missed"


def test_a_part_that_is_none_is_refused_by_name() -> None:
    command = [sys.executable, "-m", "benchmarks.goals", "--only", "abacus"]
    refused = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "abacus" in refused.stderr


_TRIED: Mapping[str, tuple[str, int, dict[str, Any]]] = {
    "enqueue_beside_bare": ("redis", 100, {}),
    "bulk_beside_bare": ("postgresql", 1_000, {}),
    "bare_latency": ("sqlite", 3, {}),
    "first_handler": ("sqlite", 1, {}),
    "connections": ("postgresql", 20, {}),
    "idle_crowd": ("redis", 3, {"processes": 2}),
    "drain_by_many": ("sqlite", 20, {"processes": 2}),
    "growth": ("sqlite", 20, {"others": 60}),
    "oldest_due": ("postgresql", 20, {"others": 60}),
}
"""Each on one system: on which, on how many tasks, with what."""


@pytest.mark.parametrize("name", _TRIED)
async def test_each_measurement_of_a_goal_gives_numbers(
    name: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "LONGEST_SETTLING", 0.1)
    monkeypatch.setattr(connections, "SETTLING_INTERVAL", 0.1)
    monkeypatch.setattr(idle_crowd, "SETTLING", 0.1)
    system, tasks, options = _TRIED[name]
    url, *more_urls = [await _new_store(system, number, request, tmp_path) for number in range(3)]
    scene = Scene(system=system, url=url, tasks=tasks, more_urls=tuple(more_urls), **options)
    numbers = await measured(name, scene)
    assert numbers
    assert all(map(math.isfinite, numbers.values()))


async def _new_store(system: str, number: int, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    match system:
        case "postgresql":
            return str(await request.getfixturevalue("postgres_server").new_database())
        case "redis":
            return str(request.getfixturevalue("redis_server").new_store())
        case _:
            return f"sqlite:///{tmp_path}/{number}.db"
