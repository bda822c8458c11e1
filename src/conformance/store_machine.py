from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from hypothesis.stateful import RuleBasedStateMachine

from backstage.conformance.backend_suite import Connect
from backstage.conformance.model import Model
from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import Trial
from backstage.domain.task import Task
from backstage.testing.fake_clock import FakeClock

T = TypeVar("T")


class StoreMachine(RuleBasedStateMachine):
    """A store, the model beside it, and what every step needs.

    With several `processes`, as many backends on one store take the steps by turns.
    """

    def __init__(self, connect: Connect, processes: int = 1) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.model = Model(self.clock)
        new_task = TaskFactory(self.clock)
        self.trials = [Trial(connect(self.clock), self.clock, new_task) for _ in range(processes)]
        self.made: list[Task] = []
        """Every task as it was first made."""
        self.runner = asyncio.Runner()
        for trial in self.trials:
            self.run(trial.backend.open())

    @property
    def trial(self) -> Trial:
        """Of the process whose turn it is."""
        return self.trials[0]

    def teardown(self) -> None:
        for trial in self.trials:
            self.run(trial.backend.close())
        self.runner.close()

    def run(self, answer: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(answer)

    def new_task(self, **fields: Any) -> Task:
        task = self.trial.new_task(**fields)
        self.made.append(task)
        return task


def one_of(items: list[T], pick: int) -> T:
    return items[pick % len(items)]
