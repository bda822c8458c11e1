from __future__ import annotations

import contextlib
from collections.abc import Callable

from backstage.app.seen_version import check_version
from backstage.domain.errors import StaleTaskError
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.task import Task

_TRIES = 10  # each lost race means that another writer got on, so ten in a row is a defect, not bad luck


async def move_task(
    tasks: TaskRepository, task_id: str, move: Callable[[Task], Task], if_version: int | None = None
) -> Task:
    """Make a move of the entity on the stored task and return the task as it is now.

    Loads it anew when somebody else changed it meanwhile. Raises what `move` and TaskRepository's `get` and `save`
    raise; StaleTaskError only after ten lost races; and TaskChangedError where the task has not the version that is
    asked for.
    """
    for _ in range(_TRIES - 1):
        with contextlib.suppress(StaleTaskError):
            return await _move_once(tasks, task_id, move, if_version)
    return await _move_once(tasks, task_id, move, if_version)


async def _move_once(tasks: TaskRepository, task_id: str, move: Callable[[Task], Task], if_version: int | None) -> Task:
    stored = await tasks.get(task_id)
    check_version(stored, if_version)
    moved = move(stored)
    await tasks.save(moved)
    return moved
