from __future__ import annotations

from typing import Protocol

from backstage.domain.task_facts import TaskFacts


class Facts(Protocol):
    """What decides when a task is claimed. Reads alone; errors are those of TaskRepository."""

    async def of(self, task_id: str) -> TaskFacts:
        """The facts of one moment; Redis reads each queue's at a moment of its own. Raises TaskNotFoundError.

        The cost depends on how many lanes compete with the task's own, and not on how many tasks wait: of each lane, at
        most MOST_COUNTED are counted.
        """
        ...
