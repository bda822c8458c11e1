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
        *("--metadata", "source=shop", "--metadata", "note=a=b"),
    )
    task = store.task(answer.out.strip())
    assert (task.queue, task.priority, task.max_attempts, task.timeout) == ("mail", -5, 4, 10.0)
    assert task.scheduled_at - task.created_at == timedelta(seconds=90)
    assert task.dedupe == Dedupe("k", 7200.0)
    assert task.correlation_id == "order-1"
    assert task.metadata == {"source": "shop", "note": "a=b"}


def test_enqueue_takes_a_moment(cli: Cli, store: Store) -> None:
    task = store.task(cli("enqueue", "a", "null", "--at", "2030-01-31T08:00:00+01:00").out.strip())
    assert task.scheduled_at.isoformat() == "2030-01-31T07:00:00+00:00"


def test_a_duplicate_is_refused_and_names_the_holder(cli: Cli, store: Store) -> None:
    holder = store.enqueue("a", dedupe="k")
    answer = cli("enqueue", "a", "1", "--dedupe-key", "k")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith(f"backstage: dedupe key 'k' is held by task {holder}")


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("a b", "1"), "type"),
        (("a", "NaN"), "payload"),
        (("a", '{"x": "\\u0000"}'), "payload.x"),
        (("a", "1", "--priority", "99999"), "priority"),
        (("a", "1", "--at", "tomorrow"), "scheduled_at"),
        (("a", "1", "--at", "2030-01-31T08:00:00"), "scheduled_at"),
        (("a", "1", "--at", "2030-01-31T08:00:00Z", "--delay", "5"), "delay"),
        (("a", "1", "--max-attempts", "0"), "max_attempts"),
        (("a", "1", "--dedupe-key", ""), "dedupe.key"),
    ],
)
def test_what_breaks_a_limit_is_refused_by_its_name(cli: Cli, arguments: tuple[str, ...], field: str) -> None:
    answer = cli("enqueue", *arguments)
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith(f"backstage: {field}: ")
    assert answer.err.count("\n") == 1


def test_a_folder_that_does_not_exist_is_named(cli: Cli, folder: Path) -> None:
    answer = cli("enqueue", "a", "1", "--url", "sqlite:///missing/x.db")
    assert answer.code == 2
    assert f"the folder {folder / 'missing'} does not exist" in answer.err
