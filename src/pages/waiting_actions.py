"""What can be changed of tasks that wait, and deleting those that have ended."""

from __future__ import annotations

from backstage.domain.errors import InvalidTaskDataError
from backstage.pages.action import Action, AskedField, Question
from backstage.pages.figures import counted
from backstage.pages.said import Said
from backstage.pages.task_actions import chosen, done_with_each, page_of, these, told
from backstage.pages.visit import Visit


async def _ask_priority(visit: Visit) -> Question:
    tasks = chosen(visit)
    return Question(
        title=f"Change the priority of {these(tasks)}?",
        consequence="Among tasks that are due in its queue, a higher number runs first. Only what waits is changed.",
        button="Change the priority",
        keep="Leave it",
        fields=(AskedField("priority", "Priority", visit.given("priority", "0"), is_number=True),),
        back=page_of(visit, tasks),
    )


async def _change_priority(visit: Visit) -> Said:
    tasks = chosen(visit)
    try:
        priority = int(visit.given("priority"))
    except ValueError:
        raise InvalidTaskDataError.of("priority", "is not a whole number") from None
    done, problem = await done_with_each(tasks, lambda task: visit.use_cases.change_priority(task, priority))
    return told(f"Gave priority {priority} to", done, len(tasks), problem, undo=None)


async def _ask_move(visit: Visit) -> Question:
    tasks = chosen(visit)
    return Question(
        title=f"Move {these(tasks)} to another queue?",
        consequence="Only tasks that wait and have never run are moved; the workers of the new queue will take them.",
        button="Move",
        keep="Leave it" if len(tasks) == 1 else "Leave them",
        fields=(AskedField("queue", "Queue", known=tuple(sorted(visit.shell.stats.by_queue))),),
        back=page_of(visit, tasks),
    )


async def _move(visit: Visit) -> Said:
    tasks, queue = chosen(visit), visit.given("queue").strip()
    done, problem = await done_with_each(tasks, lambda task: visit.use_cases.move_to_queue(task, queue))
    return told(f"Moved to {queue}:", done, len(tasks), problem, undo=None)


async def _ask_delete(visit: Visit) -> Question:
    tasks = chosen(visit)
    return Question(
        title=f"Delete {these(tasks)}?",
        consequence="Its payload, result and history are gone for good. Only tasks that have ended are deleted.",
        button=f"Delete {these(tasks)}",
        keep="Keep it" if len(tasks) == 1 else "Keep them",
        is_destructive=True,
        to_type=None if len(tasks) == 1 else str(len(tasks)),
        back="/tasks",
    )


async def _delete(visit: Visit) -> Said:
    tasks = chosen(visit)
    done, problem = await done_with_each(tasks, visit.use_cases.delete_task)
    return (
        told("Deleted", done, len(tasks), problem, undo=None) if problem else Said(f"Deleted {counted(done, 'task')}")
    )


WAITING_ACTIONS = {
    "priority": Action(ask=_ask_priority, do=_change_priority),
    "move": Action(ask=_ask_move, do=_move),
    "delete": Action(ask=_ask_delete, do=_delete, role="admin"),
}
