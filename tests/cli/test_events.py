from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from backstage import Container, StorageUnavailableError
from backstage.cli.event_watch import EventWatch, Happened
from tests.cli.conftest import Cli, Store


def _events(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_what_happened_is_told_in_order_with_how_long_a_run_took(cli: Cli, store: Store) -> None:
    failed = store.fail(ValueError("no such\naddress"))
    waiting = store.enqueue("report:make", queue="reports")
    cli("cancel", waiting)
    events = _events(cli("events", "--json").out)
    assert [(each["event"], each["id"]) for each in events] == [
        ("created", failed),
        ("started", failed),
        ("failed", failed),
        ("created", waiting),
        ("cancelled", waiting),
    ]
    assert events[2]["error"] == "ValueError: no such\naddress"
    assert events[2]["seconds"] >= 0
    line = cli("events", "--type", "email:*").out.splitlines()[-1]
    assert line.split()[1:5] == ["failed", failed[-8:], "email:send", "default"]
    assert line.endswith("ValueError: no such")
    assert cli("events", "--queue", "reports", "--since", "0").out == ""


async def test_what_a_silent_store_could_not_tell_is_told_by_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(*asked: object) -> None:
        raise StorageUnavailableError("the store is gone")

    async with Container.open("memory://") as store:
        watch = EventWatch(store, store.clock.now())
        task = await store.enqueue("email:send")
        with monkeypatch.context() as outage:
            outage.setattr(store, "list_ended", silent)
            with pytest.raises(StorageUnavailableError):
                await watch.look()
        assert [(each.what, each.task.id) for each in await watch.look()] == [("created", task.id)]


def test_followed_events_outlast_an_outage_of_the_store(
    cli: Cli, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([StorageUnavailableError("gone"), StorageUnavailableError("gone"), [], KeyboardInterrupt()])

    async def look(watch: EventWatch) -> list[Happened]:
        answer = next(looks)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    monkeypatch.setattr(EventWatch, "look", look)
    store.enqueue("email:send")
    answer = cli("events", "-f", "--interval", "0.1")
    assert (answer.code, answer.err.count("gone")) == (130, 1)
    assert answer.err.startswith("backstage: gone: asking again\n")


def test_followed_events_of_other_processes_arrive_once(store: Store) -> None:
    before = store.enqueue("before:it")
    command = [sys.executable, "-m", "backstage", "events", "-f", "--json", "--interval", "0.1", "--since", "1h"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ})
    assert process.stdout is not None
    try:
        told = [json.loads(process.stdout.readline())]
        later = store.enqueue("later:one")
        told.append(json.loads(process.stdout.readline()))
        store.start("later:one")
        told.append(json.loads(process.stdout.readline()))
        assert [(each["id"], each["event"]) for each in told] == [
            (before, "created"),
            (later, "created"),
            (later, "started"),
        ]
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        process.stdout.close()
