from __future__ import annotations

from collections import Counter

from backstage.domain.task import Task


class EndlessWork(AssertionError):
    """Tasks made work for ever: each run led to another."""


class Drained:
    """The tasks that ran, each once, as its last run left it, in the order of their first runs."""

    def __init__(self, at_most: int) -> None:
        """`at_most` runs are taken as work that comes to an end."""
        self._at_most = at_most
        self._tasks: dict[str, Task] = {}
        self._runs: Counter[str] = Counter()

    def add(self, task: Task) -> None:
        """Raises EndlessWork for one run too many."""
        self._tasks[task.id] = task
        self._runs[task.type] += 1
        if self._runs.total() > self._at_most:
            raise EndlessWork(self._complaint(task))

    @property
    def tasks(self) -> list[Task]:
        return list(self._tasks.values())

    def _complaint(self, last: Task) -> str:
        ran = ", ".join(f"{task_type} {number} times" for task_type, number in self._runs.most_common(3))
        left = f"{last.type} is {last.state} after {last.deliveries} deliveries"
        why = f", its last failure was {last.last_failure}" if last.last_failure else ""
        return (
            f"the work does not end: more than {self._at_most} runs ({ran}); the last, {left}{why}. "
            "Does a handler always raise RetryLater, or chain its own type? Raise at_most if so many runs are right."
        )
