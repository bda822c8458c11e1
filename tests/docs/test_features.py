"""The table of features is whole, and every test that it names is there, on every store that its row speaks of."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping

import pytest

from tests.docs.markdown import ROOT, table

PAGE = ROOT / "docs" / "features.md"
NAMES = [
    "Persistent queue in PostgreSQL",
    "Redis Streams",
    "Embedded default",
    "Interchangeable ports",
    "Handlers",
    "Handler context",
    "Handler outcomes",
    "Workflow chaining",
    "Priorities",
    "Custom queues",
    "Delayed and scheduled tasks",
    "Deduplication",
    "Retries",
    "Timeouts",
    "Stale-task recovery",
    "Dead-letter queue",
    "Cron",
    "Broadcast",
    "Graceful shutdown",
    "Pause and resume",
    "Middleware",
    "Use cases",
    "Cancel",
    "Stats",
    "Domain events",
    "Health",
    "Metrics",
    "Retention",
    "Errors",
    "Logging",
    "Configuration",
    "Service orchestration",
    "Testing",
    "Tooling",
]
STORES = {
    "memory": {"memory"},
    "SQLite": {"sqlite"},
    "PostgreSQL": {"postgres", "postgresql", "postgres_url"},
    "Redis": {"redis", "redis_url"},
}
"""The stores, and what each is called in the ids of parametrised tests."""
CONFORMANCE = {
    "memory": "tests/conformance/test_memory.py",
    "SQLite": "tests/conformance/test_sqlite.py",
    "PostgreSQL": "tests/conformance/test_postgres.py",
    "Redis": "tests/conformance/test_redis.py",
}
_NAMED = re.compile(r"`(?:(tests/[\w/]+\.py)(?:::)?)?(test_\w+)?`")
_ID = re.compile(r"(?P<file>tests/[\w/]+\.py)::(?:\w+::)*(?P<test>test_\w+)(?:\[(?P<parameters>.*)\])?$")

Test = tuple[str, str]
"""Its file, empty for a case of the conformance suite, and its name, empty for a whole file."""
Row = tuple[str, str, str, list[Test], list[Test]]
"""Number, name, stores, what shows it on each of them, what else shows it."""


def rows() -> list[Row]:
    return [
        (number, name.split("](")[0].strip("["), stores, _named(on_each), _named(besides))
        for number, name, stores, on_each, besides in table(PAGE, "# Features")
    ]


def stores_of(text: str) -> list[str]:
    return list(STORES) if text == "every" else text.split(", ")


@pytest.fixture(scope="module")
def collected() -> Mapping[Test, set[str]]:
    """Every test of the files that are named, and the stores that it is bound to."""
    files = {file for *_, on_each, besides in rows() for file, _ in on_each + besides if file}
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *sorted(files | set(CONFORMANCE.values()))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=220, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    found: dict[Test, set[str]] = {}
    for line in done.stdout.splitlines():
        if named := _ID.match(line):
            for test, stores in _bound(named["file"], named["test"], named["parameters"] or ""):
                found.setdefault(test, set()).update(stores)
    return found


def test_all_features_are_there_by_number_and_name() -> None:
    assert [(number, name) for number, name, *_ in rows()] == [(str(n), name) for n, name in enumerate(NAMES, 1)]
    assert len(NAMES) == 34


def test_each_feature_has_a_guide_and_a_test() -> None:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if re.match(r"\| \d", line)]
    assert [line for line in lines if "](" not in line.split("|")[2]] == []
    assert [name for _, name, _, on_each, _ in rows() if not on_each] == []


def test_each_named_test_shows_its_feature_on_each_store_of_the_row(collected: Mapping[Test, set[str]]) -> None:
    missing = [
        f"{name}: {test} on {store}"
        for _, name, stores, on_each, _ in rows()
        for test in on_each
        for store in stores_of(stores)
        if store not in collected.get(test, ())
    ]
    assert missing == []


def test_whatever_else_is_named_is_collected(collected: Mapping[Test, set[str]]) -> None:
    assert [test for *_, besides in rows() for test in besides if test not in collected] == []


def _named(cell: str) -> list[Test]:
    return [(file, test) for file, test in _NAMED.findall(cell) if file or test]


def _bound(file: str, test: str, parameters: str) -> Iterator[tuple[Test, set[str]]]:
    """The test, and the stores that this id of it is for; a case of the suite is also known without its file."""
    words = set(parameters.split("-"))
    stores = {store for store, words_for_it in STORES.items() if words & words_for_it}
    stores |= {store for store, home in CONFORMANCE.items() if file.startswith(_adapter_tests(home))}
    yield (file, test), stores
    yield (file, ""), stores
    for store, home in CONFORMANCE.items():
        if file == home:
            yield ("", test), {store}


def _adapter_tests(home: str) -> str:
    """The folder of the tests of one adapter alone, as the file of its conformance names it."""
    return home.replace("conformance/test_", "infra/").replace(".py", "/")
