"""What the suite needs of a machine beside Python's packages, each looked at before the first test."""

from __future__ import annotations

import os
import resource
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator

from tests.servers.choice import POSTGRES, REDIS, Kind, MissingServerError, Origin, choose

_LEAST_ROOM = 2 * 1024**3
_LEAST_FILES = 1024


def unmet_needs(origin: Origin = Origin.AUTO) -> Iterator[str]:
    """Yield a line for each need that is not met: what is missing, and the remedy."""
    for kind in (POSTGRES, REDIS):
        yield from _server(kind, origin)
    for look in (_mounting, _ipv6, _shell, _room, _open_files):
        if problem := look():
            yield problem


def _server(kind: Kind, origin: Origin) -> Iterator[str]:
    try:
        choose(kind, origin)
    except MissingServerError as missing:
        yield str(missing)


def _mounting() -> str | None:
    if os.geteuid() == 0:
        return None
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False, timeout=10).returncode == 0:
        return None
    return "no right to mount a small disk, for tests of full ones: run as root, or allow sudo without a password"


def _ipv6() -> str | None:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return "no IPv6 on the loopback interface: give it the address ::1"
    return None


def _shell() -> str | None:
    return None if shutil.which("bash") else "no bash, for tests of its completion: install it"


def _room() -> str | None:
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    return (
        None if free >= _LEAST_ROOM else f"only {free / 1024**3:.1f} GiB free in {folder}: 2 are needed, or set TMPDIR"
    )


def _open_files() -> str | None:
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    is_enough = allowed == resource.RLIM_INFINITY or allowed >= _LEAST_FILES
    return None if is_enough else f"only {allowed} open files allowed: {_LEAST_FILES} are needed, as by ulimit -n"
