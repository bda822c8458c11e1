"""A file that a task may write any number of times, and that a run believed dead cannot overwrite."""

from __future__ import annotations

import fcntl
from pathlib import Path


class StaleRun(Exception):
    """A later run of the same task has already written the file."""


def write_fenced(path: Path, text: str, *, task_id: str, fence: int) -> None:
    """Replace the file in one step: readers see the old text or the new one. Raises StaleRun.

    `fence` is `context.fence`, which rises with every claim of a task. It is kept beside the file, under a lock,
    since two processes may write at the same moment.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.fence").open("a+", encoding="utf-8") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        guard.seek(0)
        last_task, _, last_fence = guard.read().partition(" ")
        if last_task == task_id and int(last_fence) > fence:
            raise StaleRun(f"{path.name} was written by run {last_fence} of this task, this is run {fence}")
        guard.truncate(0)
        guard.write(f"{task_id} {fence}")
        guard.flush()
        new = path.with_name(f".{path.name}.new")
        new.write_text(text, encoding="utf-8")
        new.replace(path)
