"""Finds a Chromium, and starts it so that it talks to nobody but us."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_UNPACK = """
const z = require('zlib'), f = require('fs');
for (const [from, to] of [['chromium', 'chromium'], ['al2023.tar', 'libraries.tar']])
  f.writeFileSync(to, z.brotliDecompressSync(f.readFileSync(`package/bin/${from}.br`)), {mode: 0o755});
"""
_MISSING = (
    "the tests of the pages need a browser: install chromium (Debian: `apt-get install chromium`), or name its "
    "program in the environment variable CHROMIUM"
)


def find_chromium(folder: Path) -> str:
    """The program on the PATH; else Debian's package, where we are root; else the one that an npm package holds."""
    found = os.environ.get("CHROMIUM") or _on_path() or _from_debian() or _from_npm(folder)
    assert found, _MISSING
    return found


def environment_of(program: str) -> dict[str, str | float | bool]:
    """That of this process; the program of the npm package finds its libraries beside it."""
    libraries = Path(program).parent / "lib"
    return {**os.environ, **({"LD_LIBRARY_PATH": str(libraries)} if libraries.is_dir() else {})}


def _on_path() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _from_debian() -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"]
    _run(["apt-get", "update", "-q"])
    return _on_path() if _run(install) else None


def _from_npm(folder: Path) -> str | None:
    """The package brings the program, and the libraries that a bare machine lacks, packed with brotli."""
    if not shutil.which("npm") or not shutil.which("node"):
        return None
    folder.mkdir(parents=True, exist_ok=True)
    if not _run(["npm", "pack", "--silent", "@sparticuz/chromium"], folder):
        return None
    with tarfile.open(next(folder.glob("sparticuz-chromium-*.tgz"))) as packed:
        packed.extractall(folder, filter="data")
    if not _run(["node", "-e", _UNPACK], folder):
        return None
    with tarfile.open(folder / "libraries.tar") as libraries:
        libraries.extractall(folder, filter="data")
    return str(folder / "chromium")


def _run(command: list[str], folder: Path | None = None) -> bool:
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=300, check=False).returncode == 0
