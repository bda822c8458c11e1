"""Which tasks to list, newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Collection

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.limits import (
    MAX_TAG_LENGTH,
    MAX_TASK_KEY_LENGTH,
    check_id,
    check_name,
    check_text,
    is_encodable,
    shown,
)
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState

MAX_PAGE = 1000
_STATES = frozenset(TaskState)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQuery:
    """What `find_tasks` looks for: tasks that meet all given conditions.

    `after` is the last id of the previous page (keyset paging: ids sort by time).
    Raises InvalidTaskDataError for a page size outside 1 to 1000, or for an invalid state, name, text or id.
    """

    states: frozenset[TaskState] = frozenset()
    queue: str | None = None
    type: str | None = None
    workflow_id: str | None = None
    correlation_id: str | None = None
    tag: str | None = None
    key: str | None = None
    limit: int = 50
    after: str | None = None

    def __post_init__(self) -> None:
        check_limit(self.limit)
        _check_states(self.states)
        if self.queue is not None:
            check_name("queue", self.queue)
        if self.type is not None:
            check_name("type", self.type)
        for field, text in (("workflow_id", self.workflow_id), ("correlation_id", self.correlation_id)):
            if text is not None and not is_encodable(text):
                raise InvalidTaskDataError.of(field, f"{shown(text)} is not a string")
        if self.tag is not None:
            check_text("tag", self.tag, MAX_TAG_LENGTH)
        if self.key is not None:
            check_text("key", self.key, MAX_TASK_KEY_LENGTH)
        if self.after is not None:
            check_id("after", self.after)

    def matches(self, task: Task) -> bool:
        return (
            (not self.states or task.state in self.states)
            and self.queue in (None, task.queue)
            and self.type in (None, task.type)
            and self.workflow_id in (None, task.workflow_id)
            and self.correlation_id in (None, task.correlation_id)
            and (self.tag is None or self.tag in task.tags)
            and self.key in (None, task.key)
            and (self.after is None or task.id < self.after)
        )


@dataclass(frozen=True, slots=True)
class TaskPage:
    """A page of tasks. `next_after` is the `after` of the next page, and None on the last page."""

    tasks: tuple[Task, ...]
    next_after: str | None


def check_limit(limit: object) -> None:
    """Raises InvalidTaskDataError for what is no size of a page."""
    if not isinstance(limit, int):
        raise InvalidTaskDataError.of("limit", f"{shown(limit)} is not a whole number")
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidTaskDataError.of("limit", f"must lie between 1 and {MAX_PAGE}")


def _check_states(states: object) -> None:
    """An unknown state would match no task, and a text would be taken for a set of letters."""
    if isinstance(states, str) or not isinstance(states, Collection):
        raise InvalidTaskDataError.of("states", f"{shown(states)} is not a set: pass one, such as {{TaskState.FAILED}}")
    for state in states:
        if state not in _STATES:
            raise InvalidTaskDataError.of("states", f"{shown(state)} is not one of {', '.join(TaskState)}")
