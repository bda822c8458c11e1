"""Rows beside the tasks that make no sense here: they are passed over, and told of once in each process."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TypeVar

from backstage.domain.limits import shown
from backstage.domain.stats import Count
from backstage.domain.task_state import TaskState

Row = TypeVar("Row")
Read = TypeVar("Read")
_logger = logging.getLogger("backstage.store")


def readable(what: str, rows: Iterable[Row], read: Callable[[Row], Read]) -> Iterator[Read]:
    """Yield what `read` makes of each row, those left out of which it raises anything."""
    for row in rows:
        try:
            made = read(row)
        except Exception as error:  # whatever the converters raise: the row was written by somebody else
            _tell(what, shown(row), f"{type(error).__name__}: {error}")
        else:
            yield made


def count_of(row: tuple[str, str, str, int, int]) -> Count:
    """Return the count of a SQL store's row: queue, type, state, tasks, pruned."""
    queue, type_, state, tasks, pruned = row
    return Count(queue, type_, TaskState(state), tasks, pruned)


@lru_cache(maxsize=256)
def _tell(what: str, row: str, problem: str) -> None:
    _logger.warning("%s cannot be read here and is passed over: %s (%s)", what, row, problem)
