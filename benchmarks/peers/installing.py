"""Where peers come from: packages in folders of the machine's for temporary files, installed when first asked for."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.systems import PEERS


class MissingPeerError(Exception):
    """It cannot be installed here; the text says why."""


def environment_of(peer: str) -> dict[str, str]:
    """The environment of a process that uses it, installed if it was not. Raises MissingPeerError."""
    packages = PEERS[peer].packages
    if not packages:
        if shutil.which("npm") is None:
            raise MissingPeerError(f"{peer} needs Node.js and npm, which are not here")
        return dict(os.environ)
    if importlib.util.find_spec(peer) is not None:
        return dict(os.environ)
    paths = [str(_python_folder(peer, packages)), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def _python_folder(peer: str, packages: tuple[str, ...]) -> Path:
    folder = Path(tempfile.gettempdir()) / f"backstage-benchmarks-{peer}"
    folder.mkdir(exist_ok=True)
    with (folder / "installing").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), *packages]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise MissingPeerError(f"{peer} could not be installed: {done.stderr.strip().splitlines()[-1]}")
            (folder / "complete").touch()
    return folder
