"""Running servers as nobody when the tests run as root: PostgreSQL refuses to be root, and no server needs it."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path

NOBODY = 65534


def server_user() -> int | None:
    """The user id to run servers as; None: the own one."""
    return NOBODY if os.geteuid() == 0 else None


def new_folder(name: str) -> Path:
    """Return a new folder that belongs to the servers' user. It is short-lived: whoever makes it removes it."""
    places = (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"))
    parent = next((place for place in places if _is_reachable(place)), places[0])
    folder = Path(tempfile.mkdtemp(prefix=f"backstage-{name}-", dir=parent))
    give_to_server(folder)
    return folder


def give_to_server(path: Path) -> None:
    user = server_user()
    if user is not None:
        os.chown(path, user, user)


def reachable_program(program: Path, folder: Path) -> Path:
    """Return the program, or a copy in `folder` when the servers' user cannot get at it (a home of root).

    A copy needs no kernel feature; a user namespace would be refused in many containers.
    """
    if server_user() is None or _is_reachable(program):
        return program
    site = next(parent for parent in program.parents if parent.name in ("site-packages", "dist-packages"))
    package = site / program.relative_to(site).parts[0]
    copies = folder / "programs"
    for part in (package, site / f"{package.name}.libs"):
        if part.exists():
            shutil.copytree(part, copies / part.name, symlinks=True)
    return copies / program.relative_to(site)


def _is_reachable(path: Path) -> bool:
    """Whether any user may read it and walk to it."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in (path, *path.resolve().parents))
