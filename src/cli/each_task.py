"""One step on each of the tasks that a command names."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence

from backstage.app.use_cases import UseCases
from backstage.cli.command_parser import DONE, REFUSED
from backstage.domain.errors import (
    AmbiguousIdError,
    DuplicateTaskError,
    IllegalMoveError,
    StaleTaskError,
    TaskNotFoundError,
)
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.printable import printable

_REFUSALS = (TaskNotFoundError, AmbiguousIdError, IllegalMoveError, StaleTaskError, DuplicateTaskError)


def _state_now(task: Task) -> str:
    is_asked = task.state is TaskState.RUNNING and task.is_cancel_requested
    return "cancel requested" if is_asked else task.state.value


async def step_each(
    store: UseCases,
    task_ids: Sequence[str],
    step: Callable[[str], Awaitable[Task]],
    told: Callable[[Task], str] = _state_now,
) -> int:
    """Print each task's id and what it is now; one that is refused is named on stderr and stops no other. An id may be
    given by its first or last characters."""
    code = DONE
    for task_id in task_ids:
        try:
            task = await step(await store.find_task_id(task_id))
        except _REFUSALS as error:
            print(f"backstage: {printable(str(error))}", file=sys.stderr)
            code = REFUSED
        else:
            print(f"{task.id} {told(task)}")
    return code
