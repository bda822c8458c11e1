"""The commands on the servers: the same words, the same answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import Cli

SERVERS = pytest.mark.parametrize("store", ["postgres_url", "redis_url"])


@pytest.fixture
def url(request: pytest.FixtureRequest, store: str) -> str:
    found: str = request.getfixturevalue(store)
    return found


@SERVERS
def test_a_task_is_enqueued_listed_shown_cancelled_and_retried(cli: Cli, url: str) -> None:
    task_id = cli("enqueue", "email:send", '{"to":"ada"}', "--url", url, "--priority", "7").out.strip()
    assert json.loads(cli("list", "--json", "--url", url).out)[0]["id"] == task_id
    assert json.loads(cli("show", task_id, "--json", "--url", url).out)["priority"] == 7
    assert cli("cancel", task_id, "--url", url).code == 0
    assert json.loads(cli("stats", "--json", "--url", url).out)["cancelled"] == 1
    assert cli("retry", task_id, "--url", url).code == 0
    assert json.loads(cli("stats", "--json", "--url", url).out)["pending"] == 1


@SERVERS
def test_a_queue_is_paused_and_resumed(cli: Cli, url: str) -> None:
    cli("enqueue", "email:send", "null", "--url", url, "--queue", "mail")
    assert cli("pause", "mail", "--url", url).code == 0
    assert _mail(cli, url)["paused_since"] is not None
    assert cli("resume", "mail", "--url", url).code == 0
    assert _mail(cli, url)["paused_since"] is None


@SERVERS
def test_the_doctor_finds_no_error_but_that_the_tests_servers_sync_nothing(cli: Cli, url: str) -> None:
    cli("enqueue", "email:send", "null", "--url", url)
    findings = json.loads(cli("doctor", "--json", "--url", url).out)
    assert len(findings) > 3
    assert {each["name"] for each in findings if each["status"] == "error"} <= {"fsync", "full_page_writes"}


@SERVERS
def test_an_unknown_task_is_refused_in_one_line(cli: Cli, url: str) -> None:
    answer = cli("show", "01940000-0000-7000-8000-ffffffffffff", "--url", url)
    assert (answer.code, answer.err.count("\n")) == (1, 1)


@pytest.mark.parametrize("url", ["postgresql://me:s3cret@127.0.0.1:1/db", "redis://:s3cret@127.0.0.1:1/0"])
def test_a_server_that_is_not_there_is_one_line_without_its_password(cli: Cli, url: str) -> None:
    answer = cli("stats", "--url", url)
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "s3cret" not in answer.err
    assert "127.0.0.1" in answer.err


@pytest.mark.parametrize("url", ["postgresql://h/db?colour=red", "redis://h/0?colour=red", "redis://h/nought"])
def test_a_url_with_a_wrong_part_is_wrong_usage(cli: Cli, url: str) -> None:
    answer = cli("stats", "--url", url)
    assert (answer.code, answer.err.count("\n")) == (2, 1)


def test_a_schema_is_planned_applied_and_undone(cli: Cli, empty_database_url: str) -> None:
    assert "would apply 0001_tasks" in cli("migrate", "--dry-run", "--url", empty_database_url).out
    assert "applied 0001_tasks" in cli("migrate", "--url", empty_database_url).out
    assert cli("migrate", "--url", empty_database_url).out == "up to date\n"
    assert "not applied" not in cli("migrate", "--status", "--url", empty_database_url).out
    assert cli("migrate", "--down", "--yes", "--url", empty_database_url).out.startswith("undid ")
    assert "not applied" in cli("migrate", "--status", "--url", empty_database_url).out


def test_undoing_asks_to_be_sure_and_needs_a_store_that_can(cli: Cli) -> None:
    assert cli("migrate", "--down").code == 2
    assert cli("migrate", "--yes").code == 2
    assert "cannot be undone" in cli("migrate", "--down", "--yes").err


def _mail(cli: Cli, url: str) -> dict[str, Any]:
    [mail] = [each for each in json.loads(cli("queues", "--json", "--url", url).out) if each["queue"] == "mail"]
    found: dict[str, Any] = mail
    return found
