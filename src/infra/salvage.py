"""What can be read of a stored task that cannot be read as a whole, field by field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from backstage.domain.failure import Failure
from backstage.domain.limits import shown, storable
from backstage.domain.task import UNDECODABLE_TASK, Task
from backstage.domain.task_state import TaskState

Reader = Callable[[Any], Any]
_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)
MOST_COUNTED = 2_000_000_000
"""The SQL of a claim counts on to one more, and no further: beyond its column's range, every claim would fail."""
_NEEDED = ("type", "payload_json", "created_at")


def salvaged(task_id: str, queue: str, raw: Mapping[str, Any], readers: Mapping[str, Reader]) -> Task:
    """Return a task with all that `readers` make of the raw values, both by the task's attribute; a None is left out.

    The rest is as if it had not been given, and `undecodable` says why; `last_failure` says so, too.
    """
    read: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for attribute, value in raw.items():
        if value is None:
            continue
        try:
            read[attribute] = readers[attribute](value)
        except Exception as error:  # whatever the converters raise: the row was written by somebody else
            problems[attribute] = storable(f"{shown(value)} cannot be read ({type(error).__name__}: {error})", 500)
    for attribute in _NEEDED:
        if attribute not in read and attribute not in problems:
            problems[attribute] = "is missing"
    defaults = {
        "type": "?",
        "created_at": _UNKNOWN,
        "scheduled_at": read.get("created_at", _UNKNOWN),
        "state": TaskState.FAILED,
        "correlation_id": task_id,
        "workflow_id": task_id,
    }
    told = "; ".join(f"{attribute}: {problem}" for attribute, problem in problems.items())
    failure = Failure(UNDECODABLE_TASK, storable(told or "its fields together do not make a task"))
    read.pop("last_failure", None)
    return Task(**(defaults | read), id=task_id, queue=queue, undecodable=problems, last_failure=failure)


def checked_count(*numbers: int) -> int:
    """Return the first of what a task counts. Raises ValueError if one is no number that a store has counted to."""
    for number in numbers:
        if not 0 <= number <= MOST_COUNTED:
            raise ValueError(f"is not a count between 0 and {MOST_COUNTED}")
    return numbers[0]


def text(value: Any) -> str:
    """A reader of what must be a text."""
    if not isinstance(value, str):
        raise TypeError(f"is of type {type(value).__name__}, not a string")
    return value
