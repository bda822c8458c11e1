"""Commands tell of tasks that wait for a name that nobody serves."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Cli, Store


def test_enqueue_asks_for_the_name_that_was_probably_meant(cli: Cli, store: Store) -> None:
    store.enqueue("email:send", queue="mails")
    answer = cli("enqueue", "email:sent", "--queue", "mail")
    assert (answer.code, len(answer.out)) == (0, 37)
    assert answer.err.splitlines() == [
        "backstage: no task, schedule or worker knows queue mail: did you mean mails?",
        "backstage: no task, schedule or worker knows type email:sent: did you mean email:send?",
    ]
    assert cli("enqueue", "email:send", "--queue", "mails").err == ""
    assert cli("enqueue", "something:else").err == ""


def test_beside_a_living_worker_enqueue_show_queues_and_doctor_tell_what_nobody_serves(cli: Cli, store: Store) -> None:
    store.beat("w1", types=("email:send",))
    answer = cli("enqueue", "email:sent")
    told = (
        "backstage: no worker that is alive serves tasks of type email:sent on queue default"
        ": did you mean email:send?\n"
    )
    assert (answer.code, answer.err) == (0, told)
    assert "no worker that is alive knows the type email:sent; one knows email:send" in (
        cli("show", answer.out.strip()).out.lower()
    )
    assert cli("queues").err == told
    served = [each for each in json.loads(cli("doctor", "--json").out) if each["name"] == "served"]
    assert [each["status"] for each in served] == ["warning"]
    assert cli("enqueue", "email:send").err == ""


def test_of_a_version_that_nobody_serves_the_known_ones_are_told(cli: Cli, store: Store) -> None:
    store.beat("w1", types=("email:send", "email:send@2"))
    answer = cli("enqueue", "email:send", "--payload-version", "3")
    assert answer.err == (
        "backstage: no worker that is alive serves tasks of type email:send@3 on queue default"
        ": those that know the type have version 1, 2\n"
    )
    assert cli("enqueue", "email:send", "--payload-version", "2").err == ""


def test_of_a_name_that_can_be_none_it_is_not_said_that_nobody_serves_it(cli: Cli, store: Store) -> None:
    store.beat("w1", types=("email:send",))
    answer = cli("enqueue", "bad type", "1")
    assert (answer.code, answer.err.count("backstage: "), "serves" in answer.err) == (2, 1, False)


def test_a_worker_of_every_type_serves_any(cli: Cli, store: Store) -> None:
    store.beat("w1", types=("*",))
    assert cli("enqueue", "anything").err == ""
    assert "ok       served" in cli("doctor").out


@pytest.mark.parametrize("command", [("enqueue", "a"), ("list",), ("stats",)])
def test_a_store_that_ends_with_the_command_is_refused(cli: Cli, command: tuple[str, ...]) -> None:
    answer = cli(*command, "--url", "memory://")
    assert (answer.code, answer.out) == (2, "")
    assert "memory:// is gone when this command ends" in answer.err
