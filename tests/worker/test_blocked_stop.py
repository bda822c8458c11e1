"""A handler that blocks the event loop makes its worker deaf to signals, so another thread has to hear them."""

from __future__ import annotations

import signal
import subprocess
import sys

SCRIPT = """
import asyncio, time
from backstage import Worker
from backstage.worker.hosting import blocked_stop
from backstage.worker.command.command import run_here

blocked_stop.MARGIN = blocked_stop.ANSWERS_WITHIN = 0.2
worker = Worker("memory://", grace_period=600)

@worker.on("t")
async def block():
    print("blocks", flush=True)
    time.sleep(60)

async def run(self, before=Worker.run):
    await worker.enqueue("t")
    await before(self)

Worker.run = run
raise SystemExit(run_here(worker))
"""


def test_the_second_signal_ends_the_grace_period_though_the_loop_is_blocked() -> None:
    with subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == b"blocks\n"
            process.send_signal(signal.SIGTERM)
            process.send_signal(signal.SIGINT)
            _, log = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 0
    assert b"loop_blocked" in log
