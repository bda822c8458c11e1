"""What kind of file system a file lies on."""

from __future__ import annotations

import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_NETWORK = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "glusterfs", "fuse.glusterfs", "fuse.sshfs", "lustre", "gpfs")


def file_system_of(path: Path, mounts: Path = _MOUNTS) -> str | None:
    """Return its name, such as "ext4"; None where the system does not tell."""
    try:
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return None
    place = path.resolve()
    found, depth = None, 0
    for line in lines:
        mount, _, kind = line.partition(" - ")
        point = Path(_unescaped(mount.split(" ")[4]))
        if place.is_relative_to(point) and len(point.parts) >= depth:  # of two on one point, the later hides the other
            found, depth = kind.split(" ")[0], len(point.parts)
    return found


def is_of_a_network(file_system: str) -> bool:
    """Whether other hosts may reach it, so that locks and shared memory do not hold."""
    return file_system.startswith(_NETWORK)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(\d{3})", lambda match: chr(int(match[1], 8)), text)
