"""What a search found, and how far it looked."""

from __future__ import annotations

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.task import Task

LOOKED_AT = 10_000
"""How many tasks a search looks at, of those to which an index leads."""
PATIENCE = 0.07
"""Seconds for which a search looks, unless its caller has more time."""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of tasks, newest first. `next_after` is the `after` of the next page, and None on the last page.

    `looked` is how many tasks were looked at. With `is_whole` the page is full, or all tasks were looked at; else the
    search stopped at its bound, or its time was over, and the next page goes on from there.
    """

    tasks: tuple[Task, ...]
    next_after: str | None
    looked: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """How many tasks match. Without `is_exact` there may be more: only the newest `looked` were looked at."""

    tasks: int
    is_exact: bool
    looked: int
