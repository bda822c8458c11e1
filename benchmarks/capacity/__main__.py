"""The command: `python -m benchmarks.capacity`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from benchmarks.capacity.table import MeasuredTable
from benchmarks.capacity.tables import TABLES
from benchmarks.goals.report import RESULTS, keep, made_in, report_of, told_of_machine
from benchmarks.goals.running import Made, run_parts
from benchmarks.stores import Stores

PAGE = Path(__file__).resolve().parents[2] / "docs" / "measured" / "capacity.md"
_BEGINNING = """# Capacity, measured

Written by `python -m benchmarks.capacity`: see [Capacity](../capacity.md). Compare only numbers of one table.
"""


def main() -> None:
    options = _parser().parse_args()
    tables = _chosen(options)
    console = Console(stderr=True)
    made = dict[str, Made]()
    with Stores() as stores, console.status("") as status:
        parts = [table.part() for table in tables]
        for each in run_parts(parts, stores, status.update, rounds=None, scale=options.scale):
            made[each.part.name] = each
            console.print(f"{each.part.name}: {each.seconds} s")
            for side, trouble in each.troubles.items():
                console.print(f"  {side}: {trouble}", markup=False)
        keep(report_of([*made.values()], stores.versions), options.json)
    options.page.parent.mkdir(parents=True, exist_ok=True)
    options.page.write_text(_page(options.json), encoding="utf-8")
    print(options.page.read_text(encoding="utf-8"))


def _page(path: Path) -> str:
    """Of all tables that the file has, those of earlier runs too."""
    tables = {table.name: table for table in TABLES}
    made = made_in(path, [table.part() for table in TABLES])
    measured = [tables[each.part.name].markdown(each) for each in made]
    return f"{_BEGINNING}{told_of_machine(made)}\n\n" + "\n".join(measured)


def _chosen(options: argparse.Namespace) -> Sequence[MeasuredTable]:
    names = options.only.split(",") if options.only else [table.name for table in TABLES]
    if unknown := set(names) - {table.name for table in TABLES}:
        raise SystemExit(f"--only: {', '.join(sorted(unknown))} is none of {', '.join(each.name for each in TABLES)}")
    chosen = [table for table in TABLES if table.name in names]
    largest = options.largest
    return [replace(table, rows=table.rows[:largest]) if table.name == "stored" else table for table in chosen]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.capacity", description="Measure what a machine carries."
    )
    parser.add_argument("--only", metavar="NAME,…", help=f"of {', '.join(table.name for table in TABLES)}")
    parser.add_argument(
        "--largest", type=int, default=3, metavar="N", help="rows of `stored`: with 4, ten million tasks"
    )
    parser.add_argument("--scale", type=float, default=1.0, metavar="X", help="smaller loads; 0.01 shows that it works")
    parser.add_argument("--json", type=Path, default=RESULTS / "capacity.json", metavar="FILE", help="all rounds")
    parser.add_argument("--page", type=Path, default=PAGE, metavar="FILE", help="the tables, in Markdown")
    return parser


if __name__ == "__main__":
    main()
