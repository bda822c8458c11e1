"""The command: `python -m benchmarks.goals`."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.goals.chart import chart
from benchmarks.goals.goal import Part
from benchmarks.goals.parts import PARTS
from benchmarks.goals.report import RESULTS, cells, keep, made_in, markdown, report_of, told_of_machine
from benchmarks.goals.running import run_parts
from benchmarks.stores import Stores

PAGE = Path(__file__).resolve().parents[2] / "docs" / "measured" / "goals.md"
_BEGINNING = """# Goals, measured

Written by `python -m benchmarks.goals`: see [Performance](../performance.md#goals). Medians of the rounds, with minimum
and maximum; a ratio is that of two measurements of the same round, and the medians of both stand beside it.
"""


def main() -> None:
    options = _parser().parse_args()
    parts = _chosen(options)
    console, made = Console(stderr=True), []
    with Stores() as stores, console.status("") as status:
        for each in run_parts(parts, stores, status.update, rounds=options.rounds, scale=options.scale):
            made.append(each)
            console.print(f"{each.part.name}: {each.seconds} s")
            for side, trouble in each.troubles.items():
                console.print(f"  {side}: {trouble}", markup=False)
        versions = stores.versions
    verdicts = [verdict for each in made for verdict in each.verdicts()]
    table = Table("what", "measured", "goal", "")
    for verdict in verdicts:
        table.add_row(*cells(verdict), style=None if verdict.is_met else "yellow")
    Console().print(table)
    print(f"{sum(verdict.is_met for verdict in verdicts)} of {len(verdicts)} goals are met")
    keep(report_of(made, versions), options.json)
    _write_page(options.json, options.page)


def _write_page(path: Path, page: Path) -> None:
    """Of all parts that the file has, those of earlier runs too."""
    all_made = made_in(path, PARTS)
    verdicts = [verdict for made in all_made for verdict in made.verdicts()]
    met = f"{sum(verdict.is_met for verdict in verdicts)} of {len(verdicts)} are met."
    page.parent.mkdir(parents=True, exist_ok=True)
    told = f"{told_of_machine(all_made)} {met}"
    page.write_text(f"{_BEGINNING}{told}\n\n![]({page.stem}.svg)\n\n{markdown(verdicts)}", encoding="utf-8")
    page.with_suffix(".svg").write_text(chart(verdicts), encoding="utf-8")


def _chosen(options: argparse.Namespace) -> list[Part]:
    if not options.only:
        return [part for part in PARTS if options.all or part.is_long is options.long]
    names = options.only.split(",")
    chosen = [part for part in PARTS if any(part.name.startswith(name) for name in names)]
    if unknown := [name for name in names if not any(part.name.startswith(name) for part in PARTS)]:
        raise SystemExit(f"--only: {', '.join(unknown)} is none of {', '.join(part.name for part in PARTS)}")
    return chosen


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.goals", description="Measure each goal and judge it.")
    parser.add_argument("--only", metavar="NAME,…", help="parts whose names begin so: drain, enqueue-redis, growth, …")
    parser.add_argument("--long", action="store_true", help="only the long parts: crowds and growth")
    parser.add_argument("--all", action="store_true", help="the long parts, too")
    parser.add_argument("--rounds", type=int, metavar="N", help="of each part, in place of its own number")
    parser.add_argument("--scale", type=float, default=1.0, metavar="X", help="smaller loads; 0.01 shows that it works")
    parser.add_argument("--json", type=Path, default=RESULTS / "goals.json", metavar="FILE", help="all rounds")
    parser.add_argument("--page", type=Path, default=PAGE, metavar="FILE", help="in Markdown; its chart lies beside it")
    return parser


if __name__ == "__main__":
    main()
