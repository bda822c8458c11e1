from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from backstage.domain.failure_group import FailureSighting
from tests.cli.conftest import Cli, Store

SIGHTING = FailureSighting(
    fingerprint="f00d",
    task_type="mail:send",
    error="ValueError",
    line="shop/mail.py:42 in send",
    message="no such address\x1b[2J",
    tasks=2,
    runs=3,
    at=datetime.now(UTC),
    task_ids=("t1",),
)


def test_history_tells_step_by_step_what_ran(cli: Cli, store: Store) -> None:
    waits = (3, 0, 0, 0, 0, 0, 0, 0, 0)
    store.remember(
        "mail", "mail:send", claimed=4, completed=3, failed=1, run_seconds=2.0, wait_seconds=0.3, waits=waits
    )
    lines = cli("history").out.splitlines()
    assert lines[0].split() == ["from", "started", "completed", "failed", "retried", "failing", "run", "wait"]
    [row] = [line.split()[1:] for line in lines[1:] if line.split()[1] != "0"]
    assert row == ["4", "3", "1", "0", "25%", "500", "ms", "100", "ms"]
    document = json.loads(cli("history", "--json", "--step", "1m").out)
    assert (document["step"], sum(point["completed"] for point in document["series"][""])) == (60, 3)


def test_history_by_queue_or_type_has_a_row_for_each(cli: Cli, store: Store) -> None:
    store.remember("mail", "a", completed=3)
    store.remember("reports", "b", completed=5)
    assert [line.split()[:3] for line in cli("history", "--by", "queue").out.splitlines()[1:]] == [
        ["mail", "0", "3"],
        ["reports", "0", "5"],
    ]
    assert json.loads(cli("history", "--by", "type", "--queue", "mail", "--json").out)["series"].keys() == {"a"}


def test_history_of_failures_tells_their_causes(cli: Cli, store: Store) -> None:
    assert cli("history", "--failures").out == "no task failed\n"
    store.remember("mail", "mail:send", sightings=(SIGHTING,))
    answer = cli("history", "--failures")
    assert "f00d" in answer.out
    assert "shop/mail.py:42 in send" in answer.out
    assert "\x1b" not in answer.out
    [group] = json.loads(cli("history", "--failures", "--type", "mail:send", "--json").out)
    assert (group["tasks"], group["runs"], sum(group["hours"]), group["task_ids"]) == (2, 3, 3, ["t1"])
    assert json.loads(cli("history", "--failures", "--type", "other", "--json").out) == []


def test_history_names_the_option_that_is_wrong(cli: Cli, store: Store) -> None:
    store.enqueue("a")
    for arguments, named in (
        (("--step", "61"), "--step"),
        (("--since", "3d", "--step", "60"), "--step"),
        (("--failures", "--by", "type"), "--failures"),
        (("--queue", "no spaces"), "--queue"),
    ):
        answer = cli("history", *arguments)
        assert answer.code == 2
        assert named in answer.err


def test_queues_tells_how_fast_they_go_and_how_many_attempts_fail(cli: Cli, store: Store) -> None:
    store.enqueue("mail:send", queue="mail")
    store.remember("mail", "mail:send", completed=30, retried=10)
    [mail] = json.loads(cli("queues", "--json").out)
    assert mail["failure_rate"] == pytest.approx(0.25)
    assert 5.0 <= mail["completed_per_minute"] <= 7.5
    assert "25%" in cli("queues", "--types").out
