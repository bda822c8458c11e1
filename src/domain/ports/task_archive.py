from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from backstage.domain.attempt import Attempt
from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.stats import Count
from backstage.domain.task import Task


@dataclass(frozen=True, slots=True)
class StoredTask:
    """A task as it is stored, with its records, oldest first."""

    task: Task
    attempts: tuple[Attempt, ...]


class TaskArchive(Protocol):
    """Whole tasks, to be moved between stores with ids, fences and history. Errors are those of TaskRepository."""

    async def read(self, after: str | None, limit: int) -> list[StoredTask]:
        """At most `limit` tasks of any state with ids beyond `after` (None: all), smallest id first."""
        ...

    async def write(self, stored: Sequence[StoredTask]) -> int:
        """Store the tasks as they are, in one atomic step for each queue; return how many were new.

        One whose id is stored already is left as it is, with its records. Each takes its dedupe key as its state
        demands, unless another task holds it, which keeps it. None of them is RUNNING: a lease cannot be moved
        (ValueError, and nothing is stored).
        """
        ...

    async def write_pruned(self, counts: Sequence[Count]) -> None:
        """Make the number of pruned tasks of each lane at least what is given, and count them among its tasks."""
        ...
