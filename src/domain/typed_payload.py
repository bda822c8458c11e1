from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backstage.domain.deferred_dataclass import dataclass

if TYPE_CHECKING:
    from backstage.domain.task_type import TaskType


@dataclass(frozen=True, slots=True)
class TypedPayload:
    """A payload on its way to be encoded, with the type that its handler will read it by: it is checked against that
    before it is stored."""

    task_type: TaskType[Any, Any]
    value: Any
