from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Store

RELEASE = """
from backstage import handler, upcast


@handler("count", version=2)
def count(number: int) -> None: ...


@upcast("count", 1)
def to_2(payload):
    return payload["n"]
"""


@pytest.fixture(autouse=True)
def release(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "next_release.py").write_text(RELEASE)
    monkeypatch.syspath_prepend(str(folder))


def test_a_safe_deploy_ends_with_0(cli: Cli, store: Store) -> None:
    store.enqueue("count", {"n": 1})
    answer = cli("deploy", "check", "--handlers", "next_release")
    assert (answer.code, answer.out) == (0, "Safe: looked at 1 pending and running tasks.\n")


def test_an_unsafe_deploy_ends_with_1_and_a_table(cli: Cli, store: Store) -> None:
    store.enqueue("gone")
    wrong = store.enqueue("count", {"n": "many"})
    answer = cli("deploy", "check", "--handlers", "next_release")
    assert answer.code == 1
    for told in ("gone", "Input should be a valid integer", wrong, "Not safe"):
        assert told in answer.out
    document = json.loads(cli("deploy", "check", "--handlers", "next_release", "--json").out)
    assert document["is_safe"] is False
    assert [each["type"] for each in document["unknown_lanes"]] == ["gone"]
    assert document["unreadable"][0]["sample_task_ids"] == [wrong]
    assert document["looked_at"] == [{"queue": "default", "type": "count", "looked": 1, "tasks": 1, "is_whole": True}]


def test_a_store_that_is_not_there_is_not_taken_for_an_empty_one(cli: Cli) -> None:
    answer = cli("deploy", "check", "--handlers", "next_release")
    assert (answer.code, answer.out) == (1, "")
    assert "backstage migrate" in answer.err


def test_a_module_that_cannot_be_loaded_is_wrong_usage(cli: Cli, store: Store) -> None:
    store.enqueue("count")
    assert cli("deploy", "check", "--handlers", "no_such_module").code == 2
