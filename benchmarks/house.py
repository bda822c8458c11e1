"""Measure the code rather than its speed: `python -m benchmarks.house`.

It counts the files ("rooms") that one enqueue passes on each store and those that a worker passes from a claim to the
end of a task, and how many folders, files and imports the source has.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console
from rich.table import Table

from backstage import Container, Worker
from benchmarks.changes import changes
from benchmarks.floors import floors
from benchmarks.scene import TASK_TYPE
from benchmarks.starts import starts
from benchmarks.stores import Stores
from benchmarks.systems import BACKENDS, SYSTEMS

SOURCE = Path(__file__).resolve().parents[1] / "src"
ASKED = (
    *("domain/", "infra/system_clock.py", "infra/server_time.py", "infra/moments.py", "infra/uuid7_ids.py"),
    *("infra/typed_payload.py", "infra/blinker_event_bus.py"),
)
"""Rules, the clock and its moments, the ids, the payload's text and the event bus: every path asks them, so they are
counted apart."""


class Walk:
    """The files of ours that were entered, in order, and how many calls were made in them.

    One `from_claim` begins anew with each claim that the store is asked for until `claimed` was called, and ends when
    the store is told an outcome.
    """

    def __init__(self, *, from_claim: bool = False) -> None:
        self._places: list[str] = []
        self._is_from_claim, self._is_claimed, self._has_ended = from_claim, False, False
        self.calls = 0

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Follow this thread, and those that are started meanwhile."""
        threading.setprofile(self._look)
        sys.setprofile(self._look)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    def _look(self, frame: FrameType, event: str, argument: Any) -> None:
        if event != "call":
            return
        code = frame.f_code
        if code.co_name == "<module>" or not code.co_filename.startswith(_ROOTS):
            return
        if self._is_from_claim and "infra" in code.co_filename:
            if code.co_name == "claim" and not self._is_claimed:
                self._places.clear()
            self._has_ended = self._has_ended or (self._is_claimed and code.co_name == "settle")
        if self._has_ended or _is_of_another_loop():
            return
        self.calls += 1
        place = str(Path(code.co_filename).resolve().relative_to(SOURCE))
        if not self._places or self._places[-1] != place:
            self._places.append(place)

    def claimed(self) -> None:
        self._is_claimed = True

    def rooms(self, below: str = "") -> list[str]:
        """Distinct, in the order of the first visit, without those that every path asks."""
        return [each for each in dict.fromkeys(self._places) if each.startswith(below) and not each.startswith(ASKED)]

    def asked(self) -> list[str]:
        return [each for each in dict.fromkeys(self._places) if each.startswith(ASKED)]


_LOOPS_OF_A_TASK = ("backstage-claimer", "backstage-wakeup", "backstage-settler", "backstage-events")


def _is_of_another_loop() -> bool:
    """Beats and the like come between: the more of them the slower the machine is."""
    try:
        task = asyncio.current_task()
    except RuntimeError:  # a thread without a loop
        return False
    name = task.get_name() if task is not None else ""
    return name.startswith("backstage-") and not name.startswith(_LOOPS_OF_A_TASK)


_ROOTS = (str(SOURCE), str(SOURCE.parent / "backstage"))


async def walks(url: str) -> tuple[Walk, Walk]:
    """Of one awaited enqueue, and of one task from a waiting worker's claim to its stored end."""
    enqueue, run = Walk(), Walk()
    ended = asyncio.Event()
    async with Worker(url, log_level="error", concurrency=1, prefetch=0) as worker:

        @worker.on(TASK_TYPE)
        async def no_op(payload: Any) -> None:
            run.claimed()

        @worker.listen("worker-task:completed")
        async def end(event: Any) -> None:
            ended.set()

        async with _application(url, worker) as backstage:
            await backstage.enqueue("benchmark:unserved")
            await asyncio.sleep(0.5)  # whatever the first of its queue leaves to be done
            with enqueue.taken():
                await backstage.enqueue("benchmark:unserved")
        await worker.start()
        for _ in range(2):  # the first lets every loop come to rest
            ended.clear()
            await asyncio.sleep(0.5)
            run = Walk(from_claim=True)
            with run.taken():
                await worker.enqueue(TASK_TYPE)
                await ended.wait()
    return enqueue, run


def _application(url: str, worker: Worker) -> AbstractAsyncContextManager[Container]:
    """What enqueues: a container of its own, but for a store in memory, which nobody else can reach."""
    return nullcontext(worker.backstage) if url.startswith("memory:") else Container.open(url, log_level="error")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.house", description=__doc__)
    parser.add_argument("--backend", default=",".join(BACKENDS), metavar="NAME,…", help="default: %(default)s")
    parser.add_argument("--pairs", type=int, default=10, metavar="N", help="starts of each command (default: 10)")
    parser.add_argument("--rooms", action="store_true", help="name the rooms")
    options = parser.parse_args()
    console = Console()
    table = Table("store", "rooms of an enqueue", "asked beside", "calls", "rooms of the worker, claim to done")
    with Stores() as stores:
        for name in options.backend.split(","):
            with stores.new(SYSTEMS[name]) as url:
                enqueue, run = asyncio.run(walks(url))
            passed, worked = enqueue.rooms(), run.rooms("worker/")
            table.add_row(name, str(len(passed)), str(len(enqueue.asked())), str(enqueue.calls), str(len(worked)))
            if options.rooms:
                console.print(f"{name}: {' > '.join(passed)}", f"worker: {' > '.join(worked)}", sep="\n")
    console.print(table)
    console.print(changes())
    console.print(floors(SOURCE))
    console.print(starts(options.pairs))


if __name__ == "__main__":
    main()
