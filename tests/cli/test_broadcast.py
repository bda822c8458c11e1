from __future__ import annotations

import asyncio
import json
from uuid import UUID

import pytest

from backstage.infra.container import Container
from tests.cli.conftest import Cli, Store


def test_broadcast_stores_the_message_and_prints_its_id(cli: Cli, store: Store) -> None:
    first = cli("broadcast", "cache.clear", '{"key": "users"}')
    second = cli("broadcast", "cache.clear")
    assert (first.code, first.err, second.code) == (0, "", 0)

    async def sent() -> list[tuple[str, str, str]]:
        async with Container.open(Store.url) as backstage:
            messages = (await backstage.backend.broadcasts.receive("0", 10)).messages
            return [(each.id, each.name, each.payload_json) for each in messages]

    assert asyncio.run(sent()) == [
        (str(UUID(first.out.strip())), "cache.clear", '{"key":"users"}'),
        (second.out.strip(), "cache.clear", "null"),
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        ((), 2, "required: NAME"),
        (("cache.clear", "users"), 2, "is not JSON"),
        (("no name",), 2, "'no name' is not a name"),
    ],
)
def test_a_broadcast_that_is_none_is_refused(cli: Cli, arguments: tuple[str, ...], code: int, problem: str) -> None:
    answer = cli("broadcast", *arguments)
    assert (answer.code, answer.out) == (code, "")
    assert problem in answer.err


@pytest.mark.parametrize(("arguments", "name"), [(("mail",), "queue mail"), (("--type", "send"), "type send")])
def test_stats_say_what_is_paused(cli: Cli, store: Store, arguments: tuple[str, ...], name: str) -> None:
    cli("pause", *arguments)
    *_, last = cli("stats").out.splitlines()
    assert last.startswith(f"paused    {name} since ")
    kind = "paused_queues" if name.startswith("queue") else "paused_types"
    paused = json.loads(cli("stats", "--json").out)
    assert [each.endswith("Z") for each in paused[kind].values()] == [True]
    cli("resume", *arguments)
    assert "paused" not in cli("stats").out
    assert json.loads(cli("stats", "--json").out)[kind] == {}


def test_prune_heeds_what_is_set_for_a_queue(cli: Cli, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.fail(ValueError(), "a", queue="mail")
    store.fail(ValueError(), "b")
    monkeypatch.setenv("BACKSTAGE_KEEP_FAILED", "0")
    monkeypatch.setenv("BACKSTAGE_RETENTION", "mail.keep_failed=none")
    assert cli("prune").out == "pruned 1\n"
    monkeypatch.setenv("BACKSTAGE_RETENTION", "mail.keep_failed=many")
    answer = cli("prune")
    assert (answer.code, answer.err) == (
        2,
        "backstage: BACKSTAGE_RETENTION: keep_failed: 'many' is not a whole number or 'none'\n",
    )
