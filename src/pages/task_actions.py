"""What can be done with tasks that were chosen one by one."""

from __future__ import annotations

import shlex
from collections.abc import Awaitable, Callable, Sequence

from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import InvalidTaskDataError, TaskError
from backstage.pages.action import Action, Question, all_given
from backstage.pages.figures import counted
from backstage.pages.said import Said
from backstage.pages.visit import Visit

MOST = 500


def chosen(visit: Visit) -> Sequence[str]:
    tasks = all_given(visit, "task")
    if not tasks:
        raise InvalidTaskDataError.of("task", "choose one task at least")
    if len(tasks) > MOST:
        raise InvalidTaskDataError.of("task", f"choose at most {MOST} at once, or select all that match")
    return tasks


def page_of(visit: Visit, tasks: Sequence[str]) -> str:
    return f"/tasks/{tasks[0]}" if len(tasks) == 1 else "/tasks"


def these(tasks: Sequence[str]) -> str:
    return "this task" if len(tasks) == 1 else counted(len(tasks), "task")


def command_of(verb: str, tasks: Sequence[str]) -> str:
    shown = " ".join(shlex.quote(task) for task in tasks[:3])
    return f"backstage {verb} {shown}" + (" …" if len(tasks) > 3 else "")


async def _ask_cancel(visit: Visit) -> Question:
    tasks = chosen(visit)
    return Question(
        title=f"Cancel {these(tasks)}?",
        consequence="What waits ends at once. What runs is asked to stop. Cancelled tasks can be retried later.",
        button=f"Cancel {these(tasks)}",
        keep="Keep it" if len(tasks) == 1 else "Keep them",
        command=command_of("cancel", tasks),
        is_destructive=True,
        back=page_of(visit, tasks),
    )


async def _cancel(visit: Visit) -> Said:
    tasks = chosen(visit)
    done, problem = await done_with_each(tasks, visit.use_cases.cancel_task)
    again = visit.href("/act/retry", task=tasks).removeprefix(visit.root)
    return told("Cancelled", done, len(tasks), problem, undo=again if done == len(tasks) <= 20 else None)


async def _ask_retry(visit: Visit) -> Question:
    tasks = chosen(visit)
    return Question(
        title=f"Retry {these(tasks)}?",
        consequence=f"{'It' if len(tasks) == 1 else 'Each'} goes back into its queue, due now, and may run once more.",
        button=f"Retry {these(tasks)}",
        keep="Not now",
        command=command_of("retry", tasks),
        back=page_of(visit, tasks),
    )


async def _retry(visit: Visit) -> Said:
    tasks = chosen(visit)
    done, problem = await done_with_each(tasks, visit.use_cases.retry_task)
    undo = visit.href("/act/cancel", task=tasks).removeprefix(visit.root)
    see = page_of(visit, tasks) if len(tasks) == 1 else None
    is_undoable = done == len(tasks) <= 20
    return told("Put back into the queue:", done, len(tasks), problem, undo=undo if is_undoable else None, see=see)


async def _ask_copy(visit: Visit) -> Question:
    tasks = chosen(visit)
    return Question(
        title="Run a copy of this task?" if len(tasks) == 1 else f"Run copies of {len(tasks)} tasks?",
        consequence="A new task with the same payload and options is stored, due now. This one stays as it is.",
        button="Run a copy" if len(tasks) == 1 else f"Run {len(tasks)} copies",
        keep="Not now",
        back=page_of(visit, tasks),
    )


async def _copy(visit: Visit) -> Said:
    tasks = chosen(visit)
    answers = [await visit.use_cases.copy_task(task) for task in tasks]
    copies = [copy for copy in answers if not isinstance(copy, Duplicate)]
    if len(copies) < len(answers):
        held = counted(len(answers) - len(copies), "copy", "copies")
        return Said(f"{held} not stored: another task holds the same key", is_refusal=True)
    undo = visit.href("/act/cancel", task=[copy.id for copy in copies])
    see = f"/tasks/{copies[0].id}" if len(copies) == 1 else None
    return Said(f"Stored {counted(len(copies), 'copy', 'copies')}", undo=undo.removeprefix(visit.root), see=see)


async def done_with_each(tasks: Sequence[str], move: Callable[[str], Awaitable[object]]) -> tuple[int, str | None]:
    """How many it was done with, and why it was not done with the first of the others."""
    done, problem = 0, None
    for task in tasks:
        try:
            await move(task)
        except TaskError as error:
            problem = problem or str(error)
        else:
            done += 1
    return done, problem


def told(verb: str, done: int, asked: int, problem: str | None, undo: str | None, see: str | None = None) -> Said:
    if problem is None:
        return Said(f"{verb} {counted(done, 'task')}", undo=undo, see=see)
    if done == 0 and asked == 1:
        return Said(problem[0].upper() + problem[1:], is_refusal=True)
    return Said(f"{verb} {done} of {counted(asked, 'task')}. The first that was refused: {problem}", is_refusal=True)


TASK_ACTIONS = {
    "cancel": Action(ask=_ask_cancel, do=_cancel),
    "retry": Action(ask=_ask_retry, do=_retry),
    "copy": Action(ask=_ask_copy, do=_copy),
}
