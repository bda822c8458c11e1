"""Changing a task only as it was when somebody looked at it."""

from __future__ import annotations

from backstage.domain.errors import StaleTaskError, TaskChangedError
from backstage.domain.task import Task


def check_version(task: Task, seen: int | None) -> None:
    """Raise TaskChangedError unless the task has the version that was seen; None: any.

    The store saves over that very version only, so of two callers who have seen the same one, one gets on.
    """
    if seen is not None and task.version != seen:
        raise TaskChangedError(task.id)


def lost_race(task_id: str, seen: int | None) -> StaleTaskError | TaskChangedError:
    """Return what to raise when the store has a newer version than the one that was checked."""
    return StaleTaskError(task_id) if seen is None else TaskChangedError(task_id)
