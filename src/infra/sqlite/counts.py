"""The counters that are kept beside the tasks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from backstage.domain.stats import Count
from backstage.domain.task_state import TaskState
from backstage.infra.sqlite.statements import statement

Key = tuple[str, str, str]
"""State, queue, type."""
_PENDING_LANES = "SELECT queue, type FROM backstage_counts WHERE state = 'pending' AND tasks > 0"
_PRUNED = "SELECT pruned FROM backstage_counts WHERE state = ? AND queue = ? AND type = ?"
_STORED = "SELECT queue, sum(tasks - pruned) FROM backstage_counts WHERE state = ? GROUP BY queue"


class CountChanges:
    """Changes of one transaction, gathered and written once per counter before it commits.

    An operation's changes are kept or dropped with it.
    """

    def __init__(self) -> None:
        self._kept: dict[Key, list[int]] = {}
        self._step: dict[Key, list[int]] = {}

    def add(self, state: str, queue: str, type_: str, tasks: int) -> None:
        self._change(self._step, (state, queue, type_), tasks, 0)

    def move(self, before: str, after: str, queue: str, type_: str, tasks: int = 1) -> None:
        self._change(self._step, (before, queue, type_), -tasks, 0)
        self._change(self._step, (after, queue, type_), tasks, 0)

    def prune(self, state: str, queue: str, type_: str) -> None:
        self._change(self._step, (state, queue, type_), 0, 1)

    def raise_pruned(self, cursor: sqlite3.Cursor, count: Count) -> None:
        """Make the number of pruned tasks at least that of `count`, and count them among the tasks."""
        key = (count.state.value, count.queue, count.type)
        row = cursor.execute(_PRUNED, key).fetchone()
        known = sum(change[key][1] for change in (self._kept, self._step) if key in change)
        more = max(0, count.pruned - known - (0 if row is None else row[0]))
        self._change(self._step, key, more, more)

    def keep(self) -> None:
        for key, (tasks, pruned) in self._step.items():
            self._change(self._kept, key, tasks, pruned)
        self._step.clear()

    def drop(self) -> None:
        self._step.clear()

    def flush(self, cursor: sqlite3.Cursor) -> None:
        if self._kept:
            cursor.executemany(statement("change_count"), [(*key, *change) for key, change in self._kept.items()])
            self._kept.clear()

    def pending_lanes(self, cursor: sqlite3.Cursor) -> Iterable[tuple[str, str]]:
        """Queue and type of all lanes that may have pending tasks, those added in this transaction too."""
        lanes = set(cursor.execute(_PENDING_LANES).fetchall())
        for (state, queue, type_), (tasks, _) in self._kept.items():
            if state == TaskState.PENDING and tasks > 0:
                lanes.add((queue, type_))
        return lanes

    def stored(self, cursor: sqlite3.Cursor, state: str) -> dict[str, int]:
        """How many tasks in the state each queue stores."""
        numbers: dict[str, int] = dict(cursor.execute(_STORED, (state,)).fetchall())
        for (changed, queue, _), (tasks, pruned) in self._kept.items():
            if changed == state:
                numbers[queue] = numbers.get(queue, 0) + tasks - pruned
        return numbers

    @staticmethod
    def _change(changes: dict[Key, list[int]], key: Key, tasks: int, pruned: int) -> None:
        change = changes.get(key)
        if change is None:
            changes[key] = [tasks, pruned]
        else:
            change[0] += tasks
            change[1] += pruned
