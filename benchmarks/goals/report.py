"""The verdicts as JSON, as a table for people, as Markdown and as a chart."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.goals.goal import Part, Verdict
from benchmarks.goals.running import Made
from benchmarks.machine import machine

RESULTS = Path(__file__).resolve().parents[1] / "results"


def report_of(all_made: Sequence[Made], servers: dict[str, str]) -> dict[str, Any]:
    return {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "servers": servers,
        "parts": [
            {
                "name": made.part.name,
                "load_before": made.load_before,
                "core_speed": made.core_speed,
                "seconds": made.seconds,
                "rounds": made.rounds,
                "troubles": made.troubles,
                "goals": [_goal(verdict) for verdict in made.verdicts()],
            }
            for made in all_made
        ],
    }


def _goal(verdict: Verdict) -> dict[str, Any]:
    goal = verdict.goal
    return {
        "title": goal.title,
        "bound": goal.bound,
        "is_most": goal.is_most,
        "median": verdict.median,
        "least": verdict.least,
        "most": verdict.most,
        "verdict": str(verdict),
    }


def keep(report: dict[str, Any], path: Path) -> None:
    """Parts that this run did not measure stay as an earlier run left them in the file."""
    if path.exists():
        here = {part["name"] for part in report["parts"]}
        before = json.loads(path.read_text())["parts"]
        report = {**report, "parts": [*(part for part in before if part["name"] not in here), *report["parts"]]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{json.dumps(report, indent=1)}\n", encoding="utf-8")


def number(value: float, unit: str = "") -> str:
    """As short as it can be read: 33,400, 12.3 or 0.041."""
    if value >= 1_000:
        return f"{value:,.0f}{unit}"
    return f"{value:.3g}{unit}"


def cells(verdict: Verdict) -> tuple[str, str, str, str]:
    """The title, what was measured, the goal, the verdict."""
    goal = verdict.goal
    bound = f"{'≤' if goal.is_most else '≥'} {number(goal.bound, goal.unit)}"
    if verdict.median is None:
        return goal.title, "", bound, str(verdict)
    spread = f" ({number(verdict.least)} to {number(verdict.most)})" if verdict.least != verdict.most else ""
    sides = f"; {number(verdict.figures[0])} against {number(verdict.figures[1])}" if verdict.figures else ""
    return goal.title, f"{number(verdict.median, goal.unit)}{spread}{sides}", bound, str(verdict)


def made_in(path: Path, parts: Iterable[Part]) -> list[Made]:
    """What a file has of these parts, of whichever run."""
    kept = {part["name"]: part for part in json.loads(path.read_text(encoding="utf-8"))["parts"]}
    told = ("rounds", "troubles", "load_before", "core_speed")
    return [Made(part, **{name: kept[part.name][name] for name in told}) for part in parts if part.name in kept]


def told_of_machine(all_made: Sequence[Made]) -> str:
    """How fast a core was meanwhile, and what else the machine did."""
    if not all_made:
        return ""
    speeds, loads = [made.core_speed for made in all_made], [made.load_before for made in all_made]
    return (
        f"Meanwhile a core added up {min(speeds):g} to {max(speeds):g} million numbers a second in Python,\n"
        f"and the load before each part was {min(loads):g} to {max(loads):g}."
    )


def markdown(verdicts: Iterable[Verdict]) -> str:
    rows = [f"| {' | '.join(cells(verdict))} |" for verdict in verdicts]
    return "\n".join(("| What | Measured | Goal | |", "|---|---|---|---|", *rows, ""))
