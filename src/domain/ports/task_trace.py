from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from backstage.domain.task import Task


class TaskTrace(Protocol):
    """Spans round what is done with tasks. A task carries the context of its sender in its metadata, so one trace
    leads from whoever enqueued it through its runs to the tasks that they chain. Nothing here raises errors of its own.
    """

    def sending(self, tasks: Sequence[Task]) -> AbstractContextManager[list[Task]]:
        """A span round the storing of the tasks; gives them with its context in their metadata."""
        ...

    def chained(self, task: Task) -> Task:
        """The task with the context of a span in its metadata, a child of the run that ended here last."""
        ...

    def processing(self, task: Task, worker_id: str) -> AbstractContextManager[Callable[[str], None]]:
        """A span round a run of the task's handler, whose errors it tells; gives what to call with an error that is
        returned and not raised."""
        ...
