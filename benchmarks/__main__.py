"""The command: `python -m benchmarks`."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from benchmarks.peers.installing import MissingPeerError, environment_of
from benchmarks.plan import Plan
from benchmarks.report import default_path, keep, report_of, show
from benchmarks.rounds import run_rounds
from benchmarks.stores import Stores
from benchmarks.systems import BACKENDS, PEERS

QUICK_TASKS, QUICK_ROUNDS = 500, 1


def main() -> None:
    options = _parser().parse_args()
    tasks, rounds = (QUICK_TASKS, QUICK_ROUNDS) if options.quick else (options.tasks, options.rounds)
    plan = Plan(backends=_backends(options), tasks=tasks, others=options.others, is_paired=options.pairs)
    console = Console(stderr=True)
    with Stores() as stores, console.status("") as status:
        numbers, load = run_rounds(plan, rounds, stores, status.update)
    report = report_of(numbers, load, plan, stores.versions)
    keep(report, options.json)
    show(report, Console())
    console.print(f"kept in {options.json}")


def _backends(options: argparse.Namespace) -> tuple[str, ...]:
    """Ours, and the peers that were asked for: by name, or with `--pairs` those of the backends."""
    ours = tuple(options.backend.split(","))
    if unknown := set(ours) - set(BACKENDS):
        raise SystemExit(f"--backend: {', '.join(sorted(unknown))} is none of {', '.join(BACKENDS)}")
    peers = options.peer.split(",") if options.peer else []
    if options.pairs and not peers:
        peers = [name for name, peer in PEERS.items() if peer.backend in ours]
    if unknown := set(peers) - set(PEERS):
        raise SystemExit(f"--peer: {', '.join(sorted(unknown))} is none of {', '.join(PEERS)}")
    for peer in peers:
        try:
            environment_of(peer)
        except MissingPeerError as error:
            raise SystemExit(f"--peer: {error}") from None
    return (*ours, *peers)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the task queue on this machine.")
    parser.add_argument("--backend", default=",".join(BACKENDS), metavar="NAME,…", help="default: %(default)s")
    parser.add_argument("--peer", metavar="NAME,…", help=f"measure these too, in the same rounds: {', '.join(PEERS)}")
    parser.add_argument("--pairs", action="store_true", help="only what peers are compared in, with all peers")
    parser.add_argument("--tasks", type=int, default=20_000, metavar="N", help="of a drain; default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="default: %(default)s")
    parser.add_argument(
        "--others",
        type=int,
        default=0,
        metavar="N",
        help="only claims, alone and beside N finished tasks and N of next year; storing those takes long",
    )
    parser.add_argument(
        "--json", type=Path, default=default_path(), metavar="FILE", help="default: results/<date>.json"
    )
    parser.add_argument(
        "--quick", action="store_true", help=f"{QUICK_ROUNDS} round of {QUICK_TASKS} tasks: says only that it works"
    )
    return parser


if __name__ == "__main__":
    main()
