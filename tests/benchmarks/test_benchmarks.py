"""That the benchmarks run and what they leave; on so few tasks, nothing about speed."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.measurements import idle
from benchmarks.one_measurement import measured
from benchmarks.plan import Case, Plan
from benchmarks.rounds import ratios
from benchmarks.scene import Scene
from benchmarks.systems import BACKENDS, SYSTEMS, System
from tests.servers.redis_instance import RedisInstance

_ROOT = Path(__file__).parents[2]
_TASKS = 20
_ON_EACH = "drain, default settings"
_STEPS = [step for others in (0, 30) for step in Plan(backends=BACKENDS, tasks=_TASKS, others=others).steps()]


@pytest.fixture
def url(system: System, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty store for the system that the test is for."""
    match system.store:
        case "memory":
            return "memory://"
        case "file":
            return f"sqlite:///{tmp_path}/store.db{system.options}"
        case served:
            return str(request.getfixturevalue({"postgresql": "postgres_url", "redis": "redis_url"}[served]))


@pytest.fixture
async def alone_url(system: System, url: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of another one beside it."""
    match system.store:
        case "postgresql":
            return str(await request.getfixturevalue("postgres_server").new_database())
        case "redis":
            return str(request.getfixturevalue("redis_server").new_store())
        case "file":
            return f"sqlite:///{tmp_path}/alone.db{system.options}"
        case _:
            return url


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each case on one system and one case on each system, and with --long all cases on all of them."""
    if "case" in metafunc.fixturenames:
        cases = list(dict.fromkeys(case.name for case, _, _ in _STEPS))
        is_long = metafunc.config.getoption("--long")
        steps = [step for step in _STEPS if is_long or step[0].name == _ON_EACH or _falls_to(step, cases)]
        ids = [f"{case.name} on {system.name}" for case, system, _ in steps]
        metafunc.parametrize(("case", "system", "tasks"), steps, ids=ids)


def _falls_to(step: tuple[Case, System, int], cases: list[str]) -> bool:
    """Whether it is the turn of the step's system to be what its case is tried on."""
    of_the_case = [system.name for case, system, _ in _STEPS if case.name == step[0].name]
    return of_the_case[cases.index(step[0].name) % len(of_the_case)] == step[1].name


async def test_each_measurement_gives_numbers(
    case: Case, system: System, tasks: int, url: str, alone_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle, "SETTLING", 0.01)
    monkeypatch.setattr(idle, "WATCHED", 0.1)
    scene = Scene(system=system.name, url=url, tasks=tasks, more_urls=(alone_url,), **case.scene)
    numbers = await measured(case.measurement, scene)
    assert numbers
    assert all(map(math.isfinite, numbers.values()))


_MANY = 2_000
_WORKER = {"concurrency": 100, "prefetch": 400}


async def _work_of_a_drain(system: System, url: str) -> dict[str, float]:
    return await measured("statements", Scene(system=system.name, url=url, tasks=_MANY, **_WORKER))


@pytest.mark.parametrize("system", [SYSTEMS["sqlite"], SYSTEMS["postgresql"]], ids=lambda system: system.name)
async def test_statements_are_made_for_batches_and_not_for_tasks(system: System, url: str) -> None:
    assert (await _work_of_a_drain(system, url))["statements_per_task"] < 0.5


async def test_redis_is_asked_for_batches_and_does_few_commands_for_each_task(
    own_redis: Callable[..., RedisInstance],
) -> None:
    """On a server of its own: it counts whatever anybody asks of it."""
    work = await _work_of_a_drain(SYSTEMS["redis"], own_redis().url)
    assert work["reads_per_task"] < 0.25
    assert work["commands_per_task"] < 10


def _benchmarks(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=220, check=False)


def test_the_command_keeps_every_round_and_says_what_it_was_made_on(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    done = _benchmarks("--backend", "memory", "--tasks", "20", "--rounds", "1", "--json", str(path))
    assert done.returncode == 0, done.stderr
    report = json.loads(path.read_text())
    assert {"python", "sqlite", "event_loop", "cores"} <= report["machine"].keys()
    assert len(report["load_before_each_round"]) == 1
    made = {(result["case"], result["system"]) for result in report["results"]}
    assert made == {(case.name, system.name) for case, system, _ in Plan(backends=("memory",), tasks=20).steps()}
    for result in report["results"]:
        for metric in result["metrics"].values():
            assert metric["min"] <= metric["median"] <= metric["max"]
            assert len(metric["rounds"]) == 1


def test_pairs_are_all_that_is_measured_when_only_they_are_asked_for() -> None:
    plan = Plan(backends=("sqlite", "huey"), tasks=20, is_paired=True)
    made = {(case.name, system.backend) for case, system, _ in plan.steps()}
    assert {("drain, default settings", "sqlite"), ("drain, the peer at its best", "huey")} <= made
    assert not any(name == "store" for name, _ in made)


def test_a_peer_is_compared_round_by_round_with_the_system_it_is_paired_with() -> None:
    numbers = {
        ("drain, 100 and prefetch 1,000", "sqlite-normal"): {"tasks_per_s": [200.0, 900.0]},
        ("drain, the peer at its best", "huey"): {"tasks_per_s": [100.0, 300.0]},
        ("drain, the peer at its best", "huey-fsync"): {"tasks_per_s": [1.0, 1.0]},
    }
    [pair] = ratios(numbers)
    assert (pair["peer"], pair["min"], pair["max"]) == ("huey", 2.0, 3.0)


def test_a_system_is_compared_with_every_peer_that_was_measured() -> None:
    rates = {"tasks_per_s": [100.0]}
    bulk = "enqueue, 1,000 at once"
    numbers = {(bulk, "postgresql"): rates, (bulk, "pgqueuer"): rates, (bulk, "graphile"): rates}
    assert [pair["peer"] for pair in ratios(numbers)] == ["pgqueuer", "graphile"]


@pytest.mark.parametrize("option", ["--backend", "--peer"])
def test_what_is_none_is_refused_by_name(option: str) -> None:
    refused = _benchmarks(option, "abacus")
    assert refused.returncode == 1
    assert "abacus" in refused.stderr
