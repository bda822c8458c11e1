"""How ids are shown where there is no room for all of one."""

from __future__ import annotations


def short_id(task_id: str) -> str:
    """Its last eight characters: ids begin with the time, so the first ones are alike for all tasks of a minute."""
    return task_id[-8:]
