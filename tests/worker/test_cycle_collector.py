"""What the process of a worker does about garbage; a process of its own, for it is the interpreter that is set."""

from __future__ import annotations

import subprocess
import sys

from backstage.worker.command.cycle_collector import THRESHOLDS

SCRIPT = """
import gc, weakref
from backstage import Worker
from backstage.worker.command.command import run_here

class Cycle:
    def __init__(self):
        self.itself = self

run_here(Worker("memory://", until_idle=True, silent=True))
print(*gc.get_threshold(), gc.get_freeze_count() > 10_000)
cycle = weakref.ref(Cycle())
kept = [[] for _ in range(2 * gc.get_threshold()[0])]
print(cycle() is None)
"""


def test_a_worker_process_is_not_looked_through_for_garbage_at_every_claim_and_still_loses_it() -> None:
    ran = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert ran.stdout.split() == [*map(str, THRESHOLDS), "True", "True"], ran.stderr
