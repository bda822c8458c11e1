"""One step on each of the tasks that a command names."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence

from backstage.cli.command_parser import DONE, REFUSED
from backstage.domain.errors import DuplicateTaskError, IllegalMoveError, StaleTaskError, TaskNotFoundError
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.printable import printable


async def step_each(task_ids: Sequence[str], step: Callable[[str], Awaitable[Task]]) -> int:
    """Print each task's id and what it is now; one that is refused is named on stderr and stops no other."""
    code = DONE
    for task_id in task_ids:
        try:
            task = await step(task_id)
        except (TaskNotFoundError, IllegalMoveError, StaleTaskError, DuplicateTaskError) as error:
            print(f"backstage: {printable(str(error))}", file=sys.stderr)
            code = REFUSED
        else:
            is_asked = task.state is TaskState.RUNNING and task.is_cancel_requested
            print(f"{task.id} {'cancel requested' if is_asked else task.state.value}")
    return code
