"""One task plans, 48 tasks each work out a month, whichever comes last has the chart drawn.

Run any of them twice, kill the worker in between, start five workers: the chart comes out the same.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from backstage import Next, TaskContext, TaskResult, handler
from examples.weather.chart import page_of
from examples.weather.days import by_month, read_days
from examples.weather.fenced_file import write_fenced
from examples.weather.month import Month, summarise_month
from examples.weather.year import summarise_years, table_of

CHART = "seattle-weather.html"


class Plan(BaseModel):
    out: Path


class MonthToSummarise(BaseModel):
    """`months` is how many there are in all, by which the last one knows itself."""

    out: Path
    month: str
    months: int


@handler("weather:plan")
def plan(work: Plan) -> TaskResult:
    """Chain a task for each month; they are stored in the same step that completes this one, all or none."""
    months = list(by_month(read_days()))
    print(f"{len(months)} months to summarise", flush=True)
    slices = [Next("weather:month", {"out": str(work.out), "month": month, "months": len(months)}) for month in months]
    return TaskResult(result={"months": len(months)}, next=slices)


@handler("weather:month", max_attempts=5)
def summarise(work: MonthToSummarise, context: TaskContext) -> Next | dict[str, Any]:
    month = summarise_month(work.month, by_month(read_days())[work.month])
    folder = _folder(work.out, context)
    write_fenced(
        folder / f"{work.month}.json",
        json.dumps(asdict(month), indent=1) + "\n",
        task_id=context.task.id,
        fence=context.fence,
    )
    done = len(list(folder.glob("[0-9]*.json")))
    rain = "▒" * round(month.rain / 10)
    line = f"{done:3}/{work.months}  {month.month}  {month.mean_low:5.1f} to {month.mean_high:4.1f} °C  {rain}"
    print(f"{line.rstrip()}\n", end="", flush=True)  # in one write: other handlers print at the same moment
    result = {"rain": month.rain, "mean_high": month.mean_high, "mean_low": month.mean_low}
    if done < work.months:
        return result
    # Written before counted: of those that run at once, at least one sees all. Two may; the chart is the same.
    return Next("weather:summarise", {"out": str(work.out)}, result=result)


@handler("weather:summarise", max_attempts=5)
def draw(work: Plan, context: TaskContext) -> dict[str, Any]:
    folder = _folder(work.out, context)
    months = [Month(**json.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("[0-9]*.json"))]
    years = summarise_years(months)
    chart = work.out / CHART
    write_fenced(chart, page_of(months, years), task_id=context.task.id, fence=context.fence)
    print("", *table_of(years), "", f"The chart is in {chart}", sep="\n", flush=True)
    return {"chart": str(chart), "years": [asdict(year) for year in years]}


def _folder(out: Path, context: TaskContext) -> Path:
    """Where this workflow's months are: two runs of the example at once do not count each other's."""
    return out / "months" / context.task.workflow_id
