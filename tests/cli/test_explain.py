from __future__ import annotations

import json
from datetime import UTC, datetime

from backstage.cli.explain import lines_of
from backstage.domain.explanation import Estimate, Explanation, Reason, ReasonKind
from backstage.domain.task_state import TaskState
from tests.cli.conftest import Cli, Store

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_task_is_explained_in_a_sentence_for_each_reason(cli: Cli, store: Store) -> None:
    task_id = store.enqueue(queue="mail")
    assert cli("explain", task_id).out == "No worker is alive: start one with backstage worker.\n"
    cli("pause", "mail")
    first, second = cli("explain", task_id).out.splitlines()
    assert first.startswith("1. The queue mail is paused since ")
    assert ", by " in first
    assert second == "2. No worker is alive: start one with backstage worker."


def test_json_has_what_the_sentences_are_made_of(cli: Cli, store: Store) -> None:
    store.beat("w1", types=("email:send",))
    document = json.loads(cli("explain", store.enqueue("email:sent"), "--json").out)
    assert (document["state"], document["estimate"]) == ("pending", None)
    [reason] = document["reasons"]
    assert document["sentence"] == reason["sentence"]
    assert (reason["kind"], reason["details"]["nearest"]) == ("unknown_type", "email:send")


def test_a_queue_is_explained_by_its_name(cli: Cli, store: Store) -> None:
    store.enqueue(queue="mail")
    assert cli("explain", "--queue", "mail").out.startswith("No worker is alive")
    document = json.loads(cli("explain", "--queue", "mail", "--json").out)
    assert (document["queue"], document["is_moving"]) == ("mail", False)


def test_either_a_task_or_a_queue_is_to_be_named(cli: Cli) -> None:
    assert cli("explain").code == cli("explain", "id", "--queue", "q").code == 2
    assert "--queue" in cli("explain", "--queue", "").err


def test_an_unknown_task_is_refused(cli: Cli, store: Store) -> None:
    store.enqueue()
    answer = cli("explain", "nothing")
    assert (answer.code, answer.out) == (1, "")


def test_show_and_queues_tell_the_first_reason(cli: Cli, store: Store) -> None:
    task_id = store.enqueue(queue="mail")
    assert "why          No worker is alive" in cli("show", task_id).out
    assert json.loads(cli("show", task_id, "--json").out)["reason"]["kind"] == "no_worker"
    assert "No worker is alive" in cli("queues").out
    [queue] = json.loads(cli("queues", "--json").out)
    assert queue["stands_still"]["kind"] == "no_worker"


def test_what_waits_its_turn_has_an_estimate_where_its_lane_has_moved() -> None:
    estimate = Explanation("t", TaskState.PENDING, "s", (Reason(ReasonKind.BEHIND_OTHERS, "s"),), Estimate(AT, AT))
    assert lines_of(estimate) == [
        "s",
        "It will probably be claimed between 2026-03-01T12:00:00Z and 2026-03-01T12:00:00Z.",
    ]
