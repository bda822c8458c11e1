"""The tasks that are pending, those that a test expects, and what it is told when they are not there."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backstage.domain.task import Task
from backstage.domain.task_query import MAX_PAGE, TaskQuery
from backstage.domain.task_state import TaskState
from backstage.infra.container import Container
from backstage.infra.typed_payload import encode_typed_payload
from backstage.testing.at_once import at_once

ANYTHING: Any = object()
"""Stands for any value, as None is a payload, too."""
SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """`payload` is compared as JSON; of `containing` each key must be there with its value, at every level.
    `delay` is seconds from now until the task is due."""

    type: str
    payload: Any = ANYTHING
    containing: Any = ANYTHING
    queue: str | None = None
    delay: float | None = None

    def matches(self, task: Task, now: datetime) -> bool:
        return (
            task.type == self.type
            and self.queue in (None, task.queue)
            and (self.payload is ANYTHING or task.payload == _json(self.payload))
            and (self.containing is ANYTHING or _contains(task.payload, _json(self.containing)))
            and (self.delay is None or abs(_due_in(task, now) - self.delay) < 1e-6)
        )

    def __str__(self) -> str:
        parts = [self.type]
        if self.queue is not None:
            parts.append(f"on queue {self.queue}")
        if self.delay is not None:
            parts.append(f"due in {self.delay:g} s")
        if self.payload is not ANYTHING:
            parts.append(f"with payload {encode_typed_payload(self.payload)}")
        if self.containing is not ANYTHING:
            parts.append(f"with a payload containing {encode_typed_payload(self.containing)}")
        return " ".join(parts)


class PendingTasks:
    """Asks the memory store, which answers at once."""

    def __init__(self, backstage: Container) -> None:
        self._backstage = backstage

    def find(self, task_type: str | None = None, queue: str | None = None) -> list[Task]:
        """The pending tasks, due or not, in the order they were enqueued."""
        pending = frozenset({TaskState.PENDING})
        found: list[Task] = []
        after = None
        while True:
            query = TaskQuery(states=pending, type=task_type, queue=queue, limit=MAX_PAGE, after=after)
            page = at_once(self._backstage.find_tasks(query))
            found += page.tasks
            after = page.next_after
            if after is None:
                return found[::-1]

    def expect(self, expected: Expected, count: int | None) -> list[Task]:
        """Return those that match; raises AssertionError unless there are `count` of them (None: at least one)."""
        now, pending = self._backstage.clock.now(), self.find()
        found = [task for task in pending if expected.matches(task, now)]
        if len(found) == count or (count is None and found):
            return found
        raise AssertionError(_complaint(expected, count, len(found), pending, now))

    def next_due(self, types: Collection[str], queues: Collection[str]) -> datetime | None:
        """When the next task of these types and queues (none: all) that is neither due nor paused will be due."""
        now = self._backstage.clock.now()
        paused = {(pause.kind, pause.name) for pause in at_once(self._backstage.list_pauses())}
        later = (
            task.scheduled_at
            for task in self.find()
            if task.scheduled_at > now
            and task.lane_type in types
            and (not queues or task.queue in queues)
            and not paused & {("type", task.type), ("queue", task.queue)}
        )
        return min(later, default=None)


def _complaint(expected: Expected, count: int | None, found: int, pending: Sequence[Task], now: datetime) -> str:
    """Say what was expected, and what there is instead; tasks of the expected type first."""
    wanted = "at least one pending task" if count is None else f"{count} pending task{'' if count == 1 else 's'}"
    lines = [
        f"expected {wanted}: {expected}",
        f"found {found}; {'these are pending:' if pending else 'no task is pending'}",
    ]
    ordered = sorted(pending, key=lambda task: task.type != expected.type)
    lines += [f"  {_line(task, now)}" for task in ordered[:SHOWN]]
    if len(ordered) > SHOWN:
        lines.append(f"  … and {len(ordered) - SHOWN} more")
    return "\n".join(lines)


def _line(task: Task, now: datetime) -> str:
    due_in = _due_in(task, now)
    due = "now" if due_in <= 0 else f"in {due_in:g} s"
    return f"{task.type} on queue {task.queue} due {due} with payload {task.payload_json[:200]}"


def _due_in(task: Task, now: datetime) -> float:
    return (task.scheduled_at - now).total_seconds()


def _json(value: Any) -> Any:
    return json.loads(encode_typed_payload(value))


def _contains(value: Any, part: Any) -> bool:
    if isinstance(part, dict) and isinstance(value, dict):
        return all(key in value and _contains(value[key], wanted) for key, wanted in part.items())
    return bool(value == part)
