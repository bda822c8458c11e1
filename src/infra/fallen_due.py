from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from backstage.domain.task import Task
from backstage.domain.task_facts import MOST_COUNTED, Lane, LaneAhead
from backstage.infra.moments import to_micros


class FallenDue:
    """Tasks of a SQL store that are due and that no claim has made claimable yet: how many of each lane, and how many
    of those go before `task`. `rows` are queue, type, priority, due time and id."""

    def __init__(self, task: Task, rows: Iterable[tuple[str, str, int, int, str]]) -> None:
        self._before: Counter[Lane] = Counter()
        self._due: Counter[Lane] = Counter()
        own = (-task.priority, to_micros(task.scheduled_at), task.id)
        for queue, type_, priority, due, id_ in rows:
            self._due[queue, type_] += 1
            self._before[queue, type_] += (-priority, due, id_) < own

    def added_to(self, counted: LaneAhead) -> LaneAhead:
        lane = (counted.queue, counted.type)
        before = min(counted.before + self._before[lane], MOST_COUNTED)
        return LaneAhead(*lane, before, min(counted.due + self._due[lane], MOST_COUNTED))
