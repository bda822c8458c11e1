from __future__ import annotations

import asyncio
import json

import pytest

from backstage import Container, EnqueueTask, Worker
from tests.cli.conftest import Cli

URL = "sqlite:///backstage.db"


def fails() -> None:
    raise ValueError("no such address")


async def _subscribed_and_failed() -> None:
    async with Container.open(URL, silent=True) as backstage:
        await backstage.subscribe("alerts", types=("email:*",))
        await backstage.enqueue_task(EnqueueTask("email:send", max_attempts=1))
    worker = Worker(URL, until_idle=True, silent=True)
    worker.on("email:send", fails)
    await worker.run()


def test_nothing_is_listed_of_a_store_without_subscriptions(cli: Cli) -> None:
    assert json.loads(cli("subscriptions", "--json").out) == []


def test_a_subscription_is_listed_with_what_waits_for_it(cli: Cli) -> None:
    asyncio.run(_subscribed_and_failed())
    answer = cli("subscriptions", "--json")
    assert json.loads(answer.out) == [
        {
            "name": "alerts",
            "events": ["worker-task:failed"],
            "types": ["email:*"],
            "queues": [],
            "every_attempt": False,
            "waiting": 1,
            "failed": 0,
        }
    ]
    assert "alerts" in cli("subscriptions", "list").out


def test_a_removed_subscription_is_gone_with_what_waited_for_it(cli: Cli) -> None:
    asyncio.run(_subscribed_and_failed())
    answer = cli("subscriptions", "remove", "alerts")
    assert (answer.code, answer.out) == (0, "alerts is removed; cancelled deliveries: 1\n")
    assert json.loads(cli("subscriptions", "list", "--json").out) == []
    [delivery] = json.loads(cli("list", "--queue", "backstage:deliveries", "--json").out)
    assert delivery["state"] == "cancelled"


def test_a_subscription_that_is_not_there_is_refused(cli: Cli) -> None:
    asyncio.run(_subscribed_and_failed())
    answer = cli("subscriptions", "remove", "alarms")
    assert (answer.code, answer.err) == (
        1,
        "backstage: no subscription 'alarms': it was never made, or it was removed\n",
    )


def test_remove_needs_a_name_and_list_takes_none(cli: Cli) -> None:
    assert cli("subscriptions", "remove").code == 2
    assert cli("subscriptions", "list", "alerts").code == 2


def test_the_webhook_of_alerts_is_not_shown(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKSTAGE_ALERT_WEBHOOK", "https://hooks.example.com/canary")
    for answer in (cli("config", "show", "--json"), cli("config", "show")):
        assert (answer.code, "canary" in answer.out) == (0, False)
