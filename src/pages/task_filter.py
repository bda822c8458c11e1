"""The filter of the page of tasks, as words: `state:failed queue:mail type:email:send`."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.limits import check_name
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import TaskState

_NAMES = {"queue": "queue", "type": "type", "workflow": "workflow_id", "correlation": "correlation_id"}


@dataclass(frozen=True, slots=True)
class Part:
    """One chip of the query box: a name and its value, or what is wrong with it."""

    name: str
    value: str
    problem: str | None = None

    def __str__(self) -> str:
        return f"{self.name}:{shlex.quote(self.value) if ' ' in self.value else self.value}"


def parts_of(text: str) -> list[Part]:
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    return [_part(word) for word in words]


def text_of(parts: Iterable[Part]) -> str:
    return " ".join(map(str, parts))


def query_of(parts: Iterable[Part], limit: int, after: str | None) -> TaskQuery:
    """Of the parts that are right. Raises InvalidTaskDataError for an `after` that is no id."""
    right = [part for part in parts if part.problem is None]
    states = frozenset(TaskState(part.value) for part in right if part.name == "state")
    named: dict[str, Any] = {_NAMES[part.name]: part.value for part in right if part.name != "state"}
    return TaskQuery(states=states, limit=limit, after=after, **named)


def _part(word: str) -> Part:
    name, colon, value = word.partition(":")
    names = [*_NAMES, "state"]
    if not colon or name not in names:
        near = get_close_matches(name, names, 1) or [f"one of {', '.join(sorted(names))}"]
        return Part(name, value, f"There is no filter {name}: did you mean {near[0]}?")
    if name == "state" and value not in set(TaskState):
        near = get_close_matches(value, list(TaskState), 1) or [f"one of {', '.join(TaskState)}"]
        return Part(name, value, f"No state is called {value}: did you mean {near[0]}?")
    if name in ("queue", "type"):
        try:
            check_name(name, value)
        except InvalidTaskDataError as error:
            return Part(name, value, str(error))
    return Part(name, value)
