"""The command: `python -m benchmarks`."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

from rich.console import Console

from benchmarks.report import default_path, keep, report_of, show
from benchmarks.rounds import run_rounds

BACKENDS = ("memory", "sqlite")
QUICK_TASKS, QUICK_ROUNDS = 500, 1


def main() -> None:
    options = _parser().parse_args()
    tasks, rounds = (QUICK_TASKS, QUICK_ROUNDS) if options.quick else (options.tasks, options.rounds)
    backends = tuple(options.backend.split(","))
    if unknown := set(backends) - set(BACKENDS):
        raise SystemExit(f"--backend: {', '.join(sorted(unknown))} is none of {', '.join(BACKENDS)}")
    if options.peer is not None:
        if importlib.util.find_spec(options.peer) is None:
            raise SystemExit(f"--peer: {options.peer} is not installed: pip install {options.peer}")
        backends = (*backends, options.peer)
    console = Console(stderr=True)
    with console.status("") as status:
        numbers, load = run_rounds(backends, tasks, rounds, status.update)
    report = report_of(numbers, load, tasks)
    keep(report, options.json)
    show(report, Console())
    console.print(f"kept in {options.json}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the task queue on this machine.")
    parser.add_argument("--backend", default=",".join(BACKENDS), metavar="NAME,…", help="default: %(default)s")
    parser.add_argument("--tasks", type=int, default=20_000, metavar="N", help="of a drain; default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="default: %(default)s")
    parser.add_argument("--peer", choices=["huey"], help="measure this one too, in the same rounds")
    parser.add_argument(
        "--json", type=Path, default=default_path(), metavar="FILE", help="default: results/<date>.json"
    )
    parser.add_argument(
        "--quick", action="store_true", help=f"{QUICK_ROUNDS} round of {QUICK_TASKS} tasks: says only that it works"
    )
    return parser


if __name__ == "__main__":
    main()
