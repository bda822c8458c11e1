"""A peer for Node.js: a script that is installed, with the packages of all such peers, into a folder of the machine's
for temporary files."""

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

_SCRIPTS = Path(__file__).parent / "node_scripts"
_INSTALLED = Path(tempfile.gettempdir()) / "backstage-benchmarks-node"
_BY_SCRIPT = ("enqueue_one", "enqueue_concurrently", "enqueue_many")


class NodePeer:
    """`script` is a file of node_scripts."""

    def __init__(self, script: str) -> None:
        self._script = script
        self.measurements: dict[str, Callable[[Scene], Awaitable[dict[str, float]]]] = {
            **{name: partial(self._by_script, name=name) for name in _BY_SCRIPT},
            "drain": self._drain,
            "latency": self._latency,
        }

    async def _by_script(self, scene: Scene, name: str) -> dict[str, float]:
        return await asyncio.to_thread(self._run, name, scene)

    async def _drain(self, scene: Scene) -> dict[str, float]:
        await self._by_script(scene, "fill")
        return await asyncio.to_thread(self._drain_in_processes, scene)

    def _drain_in_processes(self, scene: Scene) -> dict[str, float]:
        with processes_of(self._command("drain", scene), scene.processes) as processes:
            for each in processes:
                each.go()
            return rates_of(scene.tasks, [each.answer() for each in processes])

    async def _latency(self, scene: Scene) -> dict[str, float]:
        return percentiles_of((await asyncio.to_thread(self._run, "latency", scene))["waits"])

    def _run(self, name: str, scene: Scene) -> dict[str, Any]:
        done = subprocess.run(self._command(name, scene), stdout=subprocess.PIPE, text=True, check=True)
        numbers: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return numbers

    def _command(self, name: str, scene: Scene) -> list[str]:
        folder = installed()
        return [str(_node(folder)), str(folder / self._script), name, scene.to_json()]


def installed() -> Path:
    """Return the folder of the scripts and the packages that they need; versions that changed are installed anew."""
    _INSTALLED.mkdir(exist_ok=True)
    with (_INSTALLED / "installing").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted, here = _SCRIPTS / "package.json", _INSTALLED / "package.json"
        if not here.exists() or here.read_text() != wanted.read_text() or not (_INSTALLED / "complete").exists():
            (_INSTALLED / "complete").unlink(missing_ok=True)
            shutil.copy(wanted, here)
            command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"]
            subprocess.run(command, cwd=_INSTALLED, stdout=subprocess.DEVNULL, check=True)
            (_INSTALLED / "complete").touch()
        for script in _SCRIPTS.glob("*.mjs"):
            shutil.copy(script, _INSTALLED)
    return _INSTALLED


def _node(folder: Path) -> Path:
    """The release of Node.js that was installed beside them, or the machine's own."""
    beside = folder / "node_modules" / "node" / "bin" / "node"
    return beside if beside.exists() else Path(shutil.which("node") or "node")
