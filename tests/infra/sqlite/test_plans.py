from __future__ import annotations

import importlib
import pkgutil
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import pytest
from msgspec.structs import replace

import backstage.infra.sqlite as package
from backstage.conformance.task_factory import A_TYPE, TaskFactory
from backstage.conformance.trial import claim_request
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.migrations import migrations_of
from backstage.infra.sqlite.add import add_task
from backstage.infra.sqlite.claim import claim
from backstage.infra.sqlite.statements import statement
from backstage.infra.sqlite.transaction import Transaction
from backstage.testing.fake_clock import FakeClock

BIG_TABLES = ("backstage_tasks", "backstage_attempts", "backstage_large_payloads", "backstage_dedupe")

FIRST_READ = ("USING INDEX backstage_tasks_first", "USING INDEX backstage_tasks_running")
"""Read from its beginning, and no further than a limit, or than the first row where only that there is one counts."""


def statements() -> Iterator[tuple[str, str]]:
    """Every SQL statement of the package, from its files and its modules."""
    for file in files(package).joinpath("sql").iterdir():
        yield file.name, statement(Path(file.name).stem)
    for module in pkgutil.iter_modules(package.__path__):
        for name, value in vars(importlib.import_module(f"{package.__name__}.{module.name}")).items():
            for sql in value if isinstance(value, tuple) else (value,):
                if isinstance(sql, str) and re.match(r"(SELECT|UPDATE|DELETE|INSERT) ", sql):
                    yield f"{module.name}.{name}", sql


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for migration in migrations_of("sqlite"):
            connection.executescript(migration.sql)
        connection.execute("CREATE TABLE backstage_migrations (version, name, checksum, applied_at)")
        yield connection


@pytest.fixture
def misled(connection: sqlite3.Connection, clock: FakeClock, new_task: TaskFactory) -> sqlite3.Connection:
    """A store whose statistics, from when it was all but empty, make every scan look cheap."""
    transaction = Transaction(connection, clock, 1)
    for task in (new_task(), new_task(delay=60), finished(new_task()), new_task(workflow_id="w", correlation_id="c")):
        add_task(transaction.cursor, transaction.counts, task, clock.now())
    connection.execute("ANALYZE")
    return connection


def body(sql: str) -> str:
    return "".join(line for line in sql.splitlines(keepends=True) if not line.startswith("--"))


def parameters_of(sql: str) -> list[None] | dict[str, None]:
    """NULL for each, by name or by number as the statement asks for them."""
    names = re.findall(r":([a-z_]+)", body(sql))
    return dict.fromkeys(names) if names else [None] * body(sql).count("?")


@pytest.mark.parametrize("sql", [pytest.param(sql, id=name) for name, sql in sorted(statements())])
def test_no_statement_numbers_its_parameters_for_which_python_3_12_0_to_3_12_3_warn(sql: str) -> None:
    assert re.findall(r"\?\d+", body(sql)) == []


@pytest.mark.parametrize("statistics", ["connection", "misled"])
@pytest.mark.parametrize("sql", [pytest.param(sql, id=name) for name, sql in sorted(statements())])
def test_no_statement_scans_a_table_that_grows_with_the_tasks(
    request: pytest.FixtureRequest, statistics: str, sql: str
) -> None:
    connection: sqlite3.Connection = request.getfixturevalue(statistics)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters_of(sql))]
    aliases = [*BIG_TABLES, "task", "t", "a", "large", "held", "whole"]
    scans = [step for step in plan if step.startswith("SCAN") and step.split()[1] in aliases]
    assert [step for step in scans if not step.endswith(FIRST_READ)] == []


class Store:
    """A store in memory whose claims are counted in steps of SQLite's virtual machine."""

    def __init__(self, connection: sqlite3.Connection, clock: FakeClock) -> None:
        self.connection, self.clock, self.steps = connection, clock, 0

    def add(self, tasks: list[Task]) -> None:
        transaction = Transaction(self.connection, self.clock, 1)
        for task in tasks:
            add_task(transaction.cursor, transaction.counts, task, self.clock.now())
        transaction.counts.keep()
        transaction.counts.flush(transaction.cursor)

    def claim_steps(self, types: frozenset[str] = frozenset({A_TYPE}), tasks: int = 5) -> int:
        self.connection.execute("BEGIN")
        self.connection.set_progress_handler(self._step, 1)
        self.steps = 0
        claimed = claim(claim_request(5, types=types), Transaction(self.connection, self.clock, 1))
        self.connection.set_progress_handler(None, 1)
        self.connection.execute("ROLLBACK")
        assert len(claimed.tasks) == tasks
        return self.steps

    def _step(self) -> int:
        self.steps += 1
        return 0


def finished(task: Task) -> Task:
    return replace(task, state=TaskState.COMPLETED, finished_at=task.created_at)


OTHERS = {
    "finished": lambda new_task: finished(new_task()),
    "due later": lambda new_task: new_task(delay=3600),
    "of an unknown type": lambda new_task: new_task(type="nobody:knows"),
    "paused": lambda new_task: new_task(queue="paused"),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
def test_a_claim_costs_the_same_beside_any_number_of_tasks_that_are(
    connection: sqlite3.Connection, clock: FakeClock, new_task: TaskFactory, other: object
) -> None:
    assert callable(other)
    store = Store(connection, clock)
    connection.execute("INSERT INTO backstage_pauses (kind, name, since) VALUES ('queue', 'paused', 0)")
    store.add([new_task() for _ in range(20)] + [other(new_task)])
    before = store.claim_steps()
    store.add([other(new_task) for _ in range(3000)])
    assert store.claim_steps() == pytest.approx(before, rel=0.02)


@pytest.mark.parametrize("lane", [lambda n: {"queue": f"q{n}"}, lambda n: {"type": f"t{n}"}], ids=["queues", "types"])
def test_a_claim_costs_the_same_with_any_number_of_lanes_that_have_work(
    connection: sqlite3.Connection, clock: FakeClock, new_task: TaskFactory, lane: Callable[[int], dict[str, str]]
) -> None:
    store = Store(connection, clock)
    types = frozenset({"t", *(f"t{n}" for n in range(2000))})
    store.add([new_task(**{"type": "t", **lane(0)}) for _ in range(20)])
    before = store.claim_steps(types)
    store.add([new_task(**{"type": "t", **lane(n)}) for n in range(1, 2000)])
    assert store.claim_steps(types) == pytest.approx(before, rel=0.02)


def test_lanes_whose_tasks_have_all_ended_cost_a_claim_nothing(
    connection: sqlite3.Connection, clock: FakeClock, new_task: TaskFactory
) -> None:
    store = Store(connection, clock)
    store.add([new_task() for _ in range(3)])
    before = store.claim_steps(tasks=3)
    store.add([finished(new_task(queue=f"q{n}")) for n in range(2000)])
    connection.execute(
        "INSERT INTO backstage_counts SELECT 'pending', queue, type, 0, 0 FROM backstage_counts WHERE queue LIKE 'q%'"
    )
    assert store.claim_steps(tasks=3) == pytest.approx(before, rel=0.02)


def test_every_sql_file_is_used_and_every_one_used_is_there() -> None:
    asked = {
        name
        for module in Path(package.__path__[0]).glob("*.py")
        for name in re.findall(r'statement\("(\w+)"\)', module.read_text("utf-8"))
    }
    assert asked == {Path(file.name).stem for file in files(package).joinpath("sql").iterdir()}
