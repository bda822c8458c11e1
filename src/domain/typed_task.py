from __future__ import annotations

from typing import Any, Generic, Self, TypeVar

from backstage.domain.task import Task
from backstage.domain.task_type import TaskType

Result = TypeVar("Result")


class TypedTask(Task, Generic[Result], frozen=True, kw_only=True, gc=True, dict=True):
    """A Task as `enqueue` answers it for a TaskType: it knows what its result will be. Equal to the same Task."""

    @classmethod
    def of(cls, task: Task, task_type: TaskType[Any, Result]) -> Self:
        typed = cls(**_fields_of(task))
        typed.__dict__["task_type"] = task_type  # no field: it is neither stored nor compared
        return typed

    @property
    def task_type(self) -> TaskType[Any, Result] | None:
        """What it was enqueued by; None of a copy."""
        return self.__dict__.get("task_type")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Task) and _fields_of(self) == _fields_of(other)

    def __hash__(self) -> int:
        return hash(self.id)


def _fields_of(task: Task) -> dict[str, Any]:
    return {name: getattr(task, name) for name in task.__struct_fields__}
