"""BullMQ, by a script for Node.js that is installed into a folder of the machine's for temporary files."""

from __future__ import annotations

import asyncio
import fcntl
import json
import shutil
import subprocess
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.measurements.drain import rates_of
from benchmarks.measurements.latency import percentiles_of
from benchmarks.scene import Scene
from benchmarks.worker_processes import processes_of

_SCRIPTS = Path(__file__).parent / "bullmq_scripts"
_INSTALLED = Path(tempfile.gettempdir()) / "backstage-benchmarks-bullmq"


def _script() -> Path:
    """Return the script, beside the packages that it needs; a version that changed is installed anew."""
    _INSTALLED.mkdir(exist_ok=True)
    with (_INSTALLED / "installing").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted, here = _SCRIPTS / "package.json", _INSTALLED / "package.json"
        if not here.exists() or here.read_text() != wanted.read_text() or not (_INSTALLED / "complete").exists():
            (_INSTALLED / "complete").unlink(missing_ok=True)
            shutil.copy(wanted, here)
            subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=_INSTALLED, check=True)
            (_INSTALLED / "complete").touch()
        return Path(shutil.copy(_SCRIPTS / "measure.mjs", _INSTALLED))


def _command(name: str, scene: Scene) -> list[str]:
    return ["node", str(_script()), name, scene.to_json()]


def _run(name: str, scene: Scene) -> dict[str, Any]:
    done = subprocess.run(_command(name, scene), stdout=subprocess.PIPE, text=True, check=True)
    numbers: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return numbers


async def _by_script(scene: Scene, name: str) -> dict[str, float]:
    return await asyncio.to_thread(_run, name, scene)


async def drain(scene: Scene) -> dict[str, float]:
    await _by_script(scene, "fill")
    return await asyncio.to_thread(_drain_in_processes, scene)


def _drain_in_processes(scene: Scene) -> dict[str, float]:
    with processes_of(_command("drain", scene), scene.processes) as processes:
        for each in processes:
            each.go()
        return rates_of(scene.tasks, [each.answer() for each in processes])


async def latency(scene: Scene) -> dict[str, float]:
    return percentiles_of((await asyncio.to_thread(_run, "latency", scene))["waits"])


MEASUREMENTS: dict[str, Callable[[Scene], Awaitable[dict[str, float]]]] = {
    **{name: partial(_by_script, name=name) for name in ("enqueue_one", "enqueue_concurrently", "enqueue_many")},
    "drain": drain,
    "latency": latency,
}
