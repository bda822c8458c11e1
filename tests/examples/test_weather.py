"""The weather example: its tasks in any order, its chart, and the real worker running it."""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from html.parser import HTMLParser
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import structlog

from backstage.domain.next import Next
from backstage.domain.task import Task
from backstage.domain.task_result import TaskResult
from backstage.worker.handling.context import TaskContext
from examples.weather.fenced_file import StaleRun, write_fenced
from examples.weather.handlers import CHART, MonthToSummarise, Plan, draw, plan, summarise

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class QuietRun:
    """A run that nobody interrupts."""

    def is_shutting_down(self) -> bool:
        return False

    def is_cancel_requested(self) -> bool:
        return False

    def is_over_soft_timeout(self) -> bool:
        return False

    async def report_progress(self, fraction: float, note: str | None) -> bool:
        return True

    async def heartbeat(self) -> bool:
        return True

    async def emit(self, data_json: str) -> bool:
        return True

    def note_line(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        """Nobody asks for it."""


def context(task_id: str, fence: int = 1, workflow: str = "workflow-1") -> TaskContext:
    task = Task(
        id=task_id,
        type="weather:month",
        created_at=NOON,
        scheduled_at=NOON,
        deliveries=fence,
        correlation_id=workflow,
        workflow_id=workflow,
    )
    return TaskContext(task, "worker-1", structlog.get_logger(), QuietRun())


def run_everything(out: Path, seed: int, repeats: int = 1) -> list[dict[str, Any]]:
    """Run the tasks in a random order, some of them again, as a worker may; return what `draw` returned."""
    planned = plan(Plan(out=out))
    assert isinstance(planned, TaskResult)
    assert isinstance(planned.next, list)
    waiting = list(planned.next) + random.Random(seed).choices(planned.next, k=10 * (repeats - 1))
    random.Random(seed).shuffle(waiting)
    drawn: list[dict[str, Any]] = []
    for number, each in enumerate(waiting):
        outcome = summarise(MonthToSummarise(**each.payload), context(f"task-{number}"))
        if isinstance(outcome, Next):
            drawn.append(draw(Plan(**outcome.payload), context(f"draw-{number}")))
    return drawn


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    path = distribution("vega_datasets").locate_file("vega_datasets/_data/seattle-weather.csv")
    with Path(str(path)).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_summary_agrees_with_an_independent_computation(tmp_path: Path, rows: list[dict[str, str]]) -> None:
    [drawn] = run_everything(tmp_path, seed=1)
    assert [year["year"] for year in drawn["years"]] == ["2012", "2013", "2014", "2015"]
    for year in drawn["years"]:
        days = [row for row in rows if row["date"].startswith(year["year"])]
        highs, lows = [float(row["temp_max"]) for row in days], [float(row["temp_min"]) for row in days]
        assert year["rain"] == pytest.approx(sum(float(row["precipitation"]) for row in days), abs=0.05)
        assert year["mean"] == pytest.approx(sum(highs + lows) / len(highs + lows), abs=0.06)
        assert (year["hottest"], year["coldest"]) == (max(highs), min(lows))
        assert year["wet_days"] == sum(float(row["precipitation"]) >= 1 for row in days)


def test_each_month_agrees_with_an_independent_computation(tmp_path: Path, rows: list[dict[str, str]]) -> None:
    run_everything(tmp_path, seed=2)
    files = sorted((tmp_path / "months" / "workflow-1").glob("*.json"))
    assert len(files) == 48
    for path in files:
        month = json.loads(path.read_text())
        days = [row for row in rows if row["date"].replace("/", "-").startswith(path.stem)]
        assert month["days"] == len(days) == sum(month["skies"].values())
        assert month["mean_high"] == pytest.approx(sum(float(row["temp_max"]) for row in days) / len(days), abs=0.006)
        assert month["rain"] == pytest.approx(sum(float(row["precipitation"]) for row in days), abs=0.05)
        dry = "".join("." if float(row["precipitation"]) < 1 else " " for row in days)
        assert month["longest_dry_spell"] == max(len(spell) for spell in dry.split(" "))


def test_any_order_gives_the_same_bytes(tmp_path: Path) -> None:
    charts = set()
    for seed in range(3):
        run_everything(tmp_path / str(seed), seed)
        charts.add((tmp_path / str(seed) / CHART).read_bytes())
    assert len(charts) == 1


def test_tasks_that_run_twice_change_nothing(tmp_path: Path) -> None:
    run_everything(tmp_path / "once", seed=3)
    drawn = run_everything(tmp_path / "twice", seed=3, repeats=3)
    assert len(drawn) >= 1
    assert (tmp_path / "once" / CHART).read_bytes() == (tmp_path / "twice" / CHART).read_bytes()


def test_only_the_last_month_asks_for_the_chart(tmp_path: Path) -> None:
    assert len(run_everything(tmp_path, seed=4)) == 1


class _Loads(HTMLParser):
    """Collects what a page would load from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href", "srcset", "data")]
        self.found += [tag] if tag == "script" else []


def test_the_chart_is_one_page_that_loads_nothing(tmp_path: Path) -> None:
    run_everything(tmp_path, seed=5)
    page = (tmp_path / CHART).read_text(encoding="utf-8")
    loads = _Loads()
    loads.feed(page)
    assert loads.found == []
    assert "prefers-color-scheme: dark" in page
    assert "url(" not in page


def test_the_chart_has_a_bar_for_each_month_inside_its_frame(tmp_path: Path) -> None:
    run_everything(tmp_path, seed=6)
    page = (tmp_path / CHART).read_text(encoding="utf-8")
    svg = ElementTree.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])
    for kind in ("warm", "rain"):
        bars = [bar for bar in svg.iter("rect") if bar.get("class") == kind]
        assert len(bars) == 48
        for bar in bars:
            x, y, width, height = (float(bar.attrib[name]) for name in ("x", "y", "width", "height"))
            assert 56 <= x < x + width <= 944
            assert 44 <= y <= y + height <= 470


def test_a_run_believed_dead_cannot_overwrite_its_successor(tmp_path: Path) -> None:
    path = tmp_path / "month.json"
    write_fenced(path, "new", task_id="task-1", fence=2)
    with pytest.raises(StaleRun):
        write_fenced(path, "old", task_id="task-1", fence=1)
    assert path.read_text() == "new"


@pytest.mark.parametrize(("task_id", "fence"), [("task-1", 2), ("task-1", 3), ("task-2", 1)])
def test_the_same_run_a_later_one_and_another_task_may_write(tmp_path: Path, task_id: str, fence: int) -> None:
    path = tmp_path / "month.json"
    write_fenced(path, "old", task_id="task-1", fence=2)
    write_fenced(path, "new", task_id=task_id, fence=fence)
    assert path.read_text() == "new"


def test_the_readme_s_command_draws_the_same_chart_twice(tmp_path: Path) -> None:
    charts = []
    for _ in range(2):
        run_module("examples.weather.enqueue", "--out", str(tmp_path / "out"), folder=tmp_path)
        shown = run_module("worker.run", "--handlers", "examples.weather.handlers", "--until-idle", folder=tmp_path)
        assert " 48/48 " in shown
        assert "The chart is in" in shown
        charts.append((tmp_path / "out" / CHART).read_bytes())
    assert charts[0] == charts[1]


def test_a_worker_killed_half_way_changes_nothing(tmp_path: Path) -> None:
    run_everything(tmp_path / "undisturbed", seed=7)
    run_module("examples.weather.enqueue", "--out", str(tmp_path / "out"), folder=tmp_path)
    options = ["--handlers", "examples.weather.handlers", "--until-idle", "--concurrency", "1", "--lease", "2"]
    with subprocess.Popen(
        [sys.executable, "-m", "worker.run", *options],
        cwd=ROOT,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as killed:
        assert killed.stdout is not None
        assert any(" 5/48 " in line for line in killed.stdout)
        killed.kill()
    run_module("worker.run", *options, folder=tmp_path)
    assert (tmp_path / "out" / CHART).read_bytes() == (tmp_path / "undisturbed" / CHART).read_bytes()


def environment(folder: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("BACKSTAGE_", "REDIS_"))}
    return inherited | {"BACKSTAGE_URL": f"sqlite:///{folder}/tasks.db"}


def run_module(module: str, *arguments: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
