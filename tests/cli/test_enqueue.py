from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from backstage.domain.dedupe import Dedupe
from tests.cli.conftest import Cli, Store


def test_enqueue_prints_the_id_alone(cli: Cli, store: Store) -> None:
    answer = cli("enqueue", "email:send", '{"to": "a@b"}')
    task = store.task(answer.out.removesuffix("\n"))
    assert (answer.code, answer.err) == (0, "")
    assert (task.type, task.payload, task.queue) == ("email:send", {"to": "a@b"}, "default")


def test_enqueue_without_json_stores_null(cli: Cli, store: Store) -> None:
    assert store.task(cli("enqueue", "a").out.strip()).payload is None


def test_enqueue_takes_every_option(cli: Cli, store: Store) -> None:
    answer = cli(
        *("enqueue", "a", "[1]", "--queue", "mail", "--priority", "-5", "--delay", "1.5m", "--dedupe-key", "k"),
        *("--dedupe-ttl", "2h", "--max-attempts", "4", "--timeout", "10", "--correlation-id", "order-1"),
        *("--metadata", "source=shop", "--metadata", "note=a=b", "--tag", "vip", "--tag", "ü 1", "--key", "customer 7"),
    )
    task = store.task(answer.out.strip())
    assert (task.queue, task.priority, task.max_attempts, task.timeout) == ("mail", -5, 4, 10.0)
    assert task.scheduled_at - task.created_at == timedelta(seconds=90)
    assert task.dedupe == Dedupe("k", 7200.0)
    assert task.correlation_id == "order-1"
    assert task.metadata == {"source": "shop", "note": "a=b"}
    assert (task.tags, task.key) == (("vip", "ü 1"), "customer 7")
    assert "tags         vip, ü 1\nkey          customer 7\n" in cli("show", task.id).out


def test_enqueue_takes_a_moment(cli: Cli, store: Store) -> None:
    task = store.task(cli("enqueue", "a", "null", "--at", "2030-01-31T08:00:00+01:00").out.strip())
    assert task.scheduled_at.isoformat() == "2030-01-31T07:00:00+00:00"


@pytest.mark.parametrize(("text", "priority"), [("urgent", 100), ("LOW", -100), ("default", 0), ("7", 7)])
def test_enqueue_takes_the_name_of_a_priority(cli: Cli, store: Store, text: str, priority: int) -> None:
    assert store.task(cli("enqueue", "a", "--priority", text).out.strip()).priority == priority


def test_a_priority_without_a_meaning_is_told_what_there_is(cli: Cli) -> None:
    answer = cli("enqueue", "a", "--priority", "soon")
    assert answer.code == 2
    assert "urgent, default, low" in answer.err


def test_a_duplicate_is_refused_and_names_the_holder(cli: Cli, store: Store) -> None:
    holder = store.enqueue("a", dedupe="k")
    answer = cli("enqueue", "a", "1", "--dedupe-key", "k")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith(f"backstage: dedupe key 'k' is held by task {holder}")


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("a b", "1"), "TYPE"),
        (("a", "NaN"), "JSON"),
        (("a", '{"x": "\\u0000"}'), "JSON.x"),
        (("a", "1", "--queue", "a b"), "--queue"),
        (("a", "1", "--priority", "99999"), "--priority"),
        (("a", "1", "--at", "tomorrow"), "--at"),
        (("a", "1", "--at", "2030-01-31T08:00:00"), "--at"),
        (("a", "1", "--at", "2030-01-31T08:00:00Z", "--delay", "5"), "--delay: was given together with --at"),
        (("a", "1", "--max-attempts", "0"), "--max-attempts"),
        (("a", "1", "--dedupe-key", ""), "--dedupe-key"),
        (("a", "1", "--dedupe-key", "k", "--dedupe-ttl", "0"), "--dedupe-ttl"),
        (("a", "1", "--timeout", "0"), "--timeout"),
        (("a", "1", "--correlation-id", ""), "--correlation-id"),
    ],
)
def test_what_breaks_a_limit_is_wrong_usage_and_named_as_it_was_typed(
    cli: Cli, arguments: tuple[str, ...], field: str
) -> None:
    answer = cli("enqueue", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(f"backstage: enqueue: {field}: ")
    assert answer.err.count("\n") == 1


def test_a_folder_that_does_not_exist_is_named(cli: Cli, folder: Path) -> None:
    answer = cli("enqueue", "a", "1", "--url", "sqlite:///missing/x.db")
    assert answer.code == 2
    assert f"the folder {folder / 'missing'} does not exist" in answer.err
