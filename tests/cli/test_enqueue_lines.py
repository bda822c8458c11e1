from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from backstage.cli.input_lines import batches
from backstage.domain.backoff import Backoff
from backstage.domain.dedupe import Dedupe
from tests.cli.conftest import Answer, Cli, Store

Feed = Callable[..., Answer]


@pytest.fixture
def feed(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Feed:
    def run(lines: Iterable[str], *options: str) -> Answer:
        source = folder / "lines"
        source.write_text("".join(f"{line}\n" for line in lines))
        with source.open() as stdin:
            monkeypatch.setattr("sys.stdin", stdin)
            return cli("enqueue", "-", *options)

    return run


def test_lines_become_tasks_and_their_ids_are_printed_in_order(feed: Feed, store: Store) -> None:
    answer = feed(['{"type": "a", "payload": 1}', "", '{"type": "b", "payload": null}'])
    assert (answer.code, answer.err) == (0, "")
    assert [store.task(task_id).type for task_id in answer.out.split()] == ["a", "b"]


def test_a_line_may_have_every_field_of_a_task(feed: Feed, store: Store) -> None:
    line = {
        "type": "a",
        "payload": [1],
        "queue": "mail",
        "priority": 5,
        "scheduled_at": "2030-01-31T08:00:00Z",
        "dedupe": {"key": "k", "ttl": 60},
        "backoff": {"kind": "exponential", "base": 2, "cap": 60},
        "max_attempts": 4,
        "timeout": 10,
        "soft_timeout": 5,
        "correlation_id": None,
        "metadata": {"source": "shop"},
        "id": "019a0000-0000-7000-8000-000000000000",
    }
    answer = feed([json.dumps(line)])
    assert answer.out == "019a0000-0000-7000-8000-000000000000\n", answer.err
    task = store.task(answer.out.strip())
    assert (task.queue, task.priority, task.soft_timeout, task.correlation_id) == ("mail", 5, 5.0, task.id)
    assert task.dedupe == Dedupe("k", 60.0)
    assert task.backoff == Backoff.exponential(2, cap=60)
    assert task.metadata == {"source": "shop"}


def test_lines_are_stored_in_batches_and_quietly_counted(feed: Feed) -> None:
    answer = feed((f'{{"type": "a", "payload": {n}}}' for n in range(1201)), "--quiet")
    assert (answer.code, answer.out, answer.err) == (0, "1201\n", "")


def test_a_bad_line_is_named_and_nothing_of_its_batch_is_stored(feed: Feed, cli: Cli) -> None:
    lines = [f'{{"type": "a", "payload": {n}}}' for n in range(600)]
    lines[550] = '{"type": "a", "payload": NaN}'
    answer = feed(lines, "--quiet")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith("backstage: line 551: payload: is nan")
    assert answer.err.endswith("; stored 500 tasks from lines 1 to 500, and nothing after that\n")
    assert json.loads(cli("stats", "--json").out)["total"] == 500


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[1]", "is not an object"),
        ('{"payload": 1}', "type: is missing"),
        ('{"type": "a"}', "payload: is missing"),
        (
            '{"type": "a", "payload": 1, "prioritty": 2}',
            "prioritty: is not a field of a task: did you mean 'priority'?",
        ),
        ('{"type": "a", "payload": 1, "x": 2}', "x: is not a field of a task: use one of type, payload"),
        ('{"type": 1, "payload": 1}', "type: 1 is not a name"),
        ('{"type": "a", "payload": 1, "dedupe": {"keey": "k"}}', "did you mean 'key'?"),
        ('{"type": "a", "payload": 1, "dedupe": {}}', "dedupe: needs 'key'"),
        ('{"type": "a", "payload": 1, "dedupe": 5}', "dedupe.key: 5 is not a string"),
        ('{"type": "a", "payload": 1, "backoff": 5}', "backoff: is not a Backoff"),
        ('{"type": "a", "payload": 1, "backoff": {"kind": "odd"}}', "use fixed, linear, exponential"),
        ('{"type": "a", "payload": 1, "backoff": {"base": "1"}}', "backoff"),
        ('{"type": "a", "payload": 1, "delay": "5"}', "delay: '5' is not a number of seconds"),
        ('{"type": "a", "payload": "\\u001b[31m", "queue": "\\u001b[31m"}', "queue: '\\x1b[31m' is not a name"),
    ],
)
def test_what_is_wrong_with_a_line_is_told(feed: Feed, line: str, problem: str) -> None:
    answer = feed(['{"type": "a", "payload": 1}', line])
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith("backstage: line 2: ")
    assert problem in answer.err
    assert answer.err.endswith("; nothing was stored\n")
    assert answer.err.count("\n") == 1


def test_a_duplicate_is_named_and_passed_over(feed: Feed, store: Store) -> None:
    holder = store.enqueue("a", dedupe="k")
    answer = feed(['{"type": "a", "payload": 1, "dedupe": "k"}', '{"type": "a", "payload": 2}'])
    assert answer.code == 1
    assert answer.err.startswith(f"backstage: line 1: dedupe key 'k' is held by task {holder}")
    assert len(answer.out.split()) == 1


def test_nothing_to_read_stores_nothing(feed: Feed) -> None:
    assert feed([], "--quiet").out == "0\n"


def test_a_producer_that_pauses_does_not_make_its_lines_wait() -> None:
    reading, writing = os.pipe()
    try:
        got = batches(reading)
        os.write(writing, b"one\ntwo\nthr")
        assert [line.text for line in next(got)] == [b"one", b"two"]
        os.write(writing, b"ee")
        os.close(writing)
        assert [(line.number, line.text) for line in next(got)] == [(3, b"three")]
    finally:
        os.close(reading)


def test_a_line_without_end_is_refused_before_memory_is_full(feed: Feed) -> None:
    answer = feed(['{"type": "a", "payload": 1}', "x" * 9 * 1024 * 1024])
    assert answer.code == 1
    assert "line 2: is longer than" in answer.err
    assert answer.err.endswith("; stored 1 task from lines 1 to 1, and nothing after that\n")
