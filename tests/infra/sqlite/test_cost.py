"""What a batch costs, in figures that do not depend on time. A figure may fall; whoever raises one says why."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TypeVar

import pytest

from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import BROKEN, POLICY, claim_request
from backstage.infra.migrations import migrations_of
from backstage.infra.sqlite.add import add_tasks
from backstage.infra.sqlite.claim import claim
from backstage.infra.sqlite.settle import settle
from backstage.infra.sqlite.transaction import Transaction
from backstage.testing.fake_clock import FakeClock

T = TypeVar("T")
TASKS = 100
LONE = {"statements": 2, "steps": 200}
"""Of one task that states little and is added alone, with the counter that it changes."""
STATEMENTS = {"add": 3, "claim": 6, "settle": 4}
"""Of a batch, with one for each counter that it changes."""
STEPS = {"add": 155, "claim": 202, "settle": 155}
"""Of SQLite's virtual machine, for one task: what it reads and writes, indexes too."""


class Meter:
    """A store in memory, whose statements and steps are counted."""

    def __init__(self, connection: sqlite3.Connection, clock: FakeClock) -> None:
        self._connection, self._clock = connection, clock
        self.statements = self.steps = 0

    def measured(self, operation: Callable[[Transaction], T]) -> T:
        self.statements = self.steps = 0
        self._connection.execute("BEGIN")
        self._connection.set_trace_callback(self._count_statement)
        self._connection.set_progress_handler(self._count_step, 1)
        transaction = Transaction(self._connection, self._clock, 1)
        answer = operation(transaction)
        transaction.counts.keep()
        transaction.counts.flush(transaction.cursor)
        self._connection.set_progress_handler(None, 1)
        self._connection.set_trace_callback(None)
        self._connection.execute("COMMIT")
        return answer

    def _count_statement(self, statement: str) -> None:
        self.statements += 1

    def _count_step(self) -> int:
        self.steps += 1
        return 0


@pytest.fixture
def meter(clock: FakeClock) -> Iterator[Meter]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for migration in migrations_of("sqlite"):
            connection.executescript(migration.sql)
        yield Meter(connection, clock)


def test_a_batch_takes_few_statements_however_many_tasks_it_has(
    meter: Meter, clock: FakeClock, new_task: TaskFactory
) -> None:
    tasks = [new_task() for _ in range(TASKS)]
    statements, steps = {}, {}
    meter.measured(lambda transaction: add_tasks(transaction.cursor, transaction.counts, tasks, clock.now()))
    statements["add"], steps["add"] = meter.statements, meter.steps / TASKS
    claimed = meter.measured(lambda transaction: claim(claim_request(TASKS), transaction)).tasks
    statements["claim"], steps["claim"] = meter.statements, meter.steps / TASKS
    ends = [task.completed("1") for task in claimed]
    assert None not in meter.measured(lambda transaction: settle(ends, transaction))
    statements["settle"], steps["settle"] = meter.statements, meter.steps / TASKS
    assert all(statements[name] <= most for name, most in STATEMENTS.items()), statements
    assert all(steps[name] <= most for name, most in STEPS.items()), steps


def test_failures_among_them_do_not_split_the_statements_of_a_batch_of_ends(
    meter: Meter, clock: FakeClock, new_task: TaskFactory
) -> None:
    tasks = [new_task() for _ in range(TASKS)]
    meter.measured(lambda transaction: add_tasks(transaction.cursor, transaction.counts, tasks, clock.now()))
    claimed = meter.measured(lambda transaction: claim(claim_request(TASKS), transaction)).tasks
    outcomes = [
        task.failed(BROKEN, POLICY, 0.0) if place % 10 == 5 else task.completed() for place, task in enumerate(claimed)
    ]
    meter.measured(lambda transaction: settle(outcomes, transaction))
    of_a_return, of_all_ends, counters = 2, 2, 3
    assert meter.statements <= 10 * of_a_return + of_all_ends + counters


def test_a_lone_task_is_stored_without_what_a_batch_needs(
    meter: Meter, clock: FakeClock, new_task: TaskFactory
) -> None:
    def add(transaction: Transaction) -> object:
        return add_tasks(transaction.cursor, transaction.counts, [new_task()], clock.now())

    meter.measured(add)  # the first one of its queue makes a counter
    meter.measured(add)
    assert meter.statements <= LONE["statements"], meter.statements
    assert meter.steps <= LONE["steps"], meter.steps
