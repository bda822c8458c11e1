"""Every live worker gets each broadcast once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from backstage import Broadcast, Worker, receiver
from backstage.domain.broadcast_message import BroadcastMessage
from backstage.domain.errors import StorageUnavailableError
from backstage.worker.runtime.broadcast_loop import BATCH
from tests.every_store.conftest import OneStore
from tests.worker.workers import DEADLINE, until


def listening(store: OneStore, got: list[Any], **options: Any) -> Worker:
    worker = store.worker(**options)

    @worker.on_broadcast("cache.clear")
    async def clear(payload: Any) -> None:
        got.append(payload)

    return worker


async def test_every_live_worker_gets_each_message_once_and_in_order(store: OneStore) -> None:
    one: list[Any] = []
    other: list[Any] = []
    first, second = listening(store, one), listening(store, other)
    await first.start()
    await second.start()
    await first.broadcast("cache.clear", 0)
    await until(lambda: one and other)  # what follows is received by another look
    for number in (1, 2):
        await first.broadcast("cache.clear", number)
    await second.broadcast("cache.clear", {"key": "users"})
    sent = [0, 1, 2, {"key": "users"}]
    await until(lambda: len(one) >= 4 and len(other) >= 4)
    assert (one, other) == (sent, sent)


async def test_a_broadcast_is_sent_by_an_api_layer_too(store: OneStore) -> None:
    got: list[Any] = []
    worker = listening(store, got)
    await worker.start()
    message = await (await store.opened()).send_broadcast("cache.clear", 1)
    async with Broadcast(worker=worker) as broadcast:
        await broadcast.send("cache.clear", 2)
    if store.backend() is None:
        async with Broadcast(store.url, silent=True) as broadcast:
            await broadcast.send("cache.clear", 3)
    else:
        await worker.broadcast("cache.clear", 3)
    await until(lambda: len(got) >= 3)
    assert got == [1, 2, 3]
    assert (message.name, message.payload_json) == ("cache.clear", "1")


async def test_a_message_is_received_at_once_and_not_after_a_poll(
    store: OneStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backstage.worker.runtime.broadcast_loop.LOOK_AT_LEAST_EVERY", 3600.0)
    got: list[Any] = []
    worker = listening(store, got, poll_interval=60.0)
    await worker.start()
    for number in range(3):
        await worker.broadcast("cache.clear", number)
        await until(lambda number=number: got[-1:] == [number])


async def test_a_message_whose_hint_was_lost_is_found(store: OneStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backstage.worker.runtime.broadcast_loop.LOOK_AT_LEAST_EVERY", 0.05)
    monkeypatch.setattr("backstage.worker.runtime.broadcast_loop.BroadcastLoop.hint", lambda self: None)
    got: list[Any] = []
    worker = listening(store, got)
    await worker.start()
    await worker.broadcast("cache.clear", 1)
    await until(lambda: got == [1])


async def test_a_worker_that_was_cut_off_gets_what_it_missed_once_and_in_order(
    store: OneStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backstage.worker.runtime.broadcast_loop.LOOK_AT_LEAST_EVERY", 0.02)
    got: list[Any] = []
    log: list[Any] = []
    worker = listening(store, got, log_handler=log.append)
    await worker.start()
    await worker.broadcast("cache.clear", "before")
    await until(lambda: got == ["before"])
    port = worker.backstage.backend.broadcasts
    receive, is_cut_off = port.receive, True

    async def cut_off(after: str, limit: int) -> Any:
        if is_cut_off:
            raise StorageUnavailableError("the line is dead")
        return await receive(after, limit)

    monkeypatch.setattr(port, "receive", cut_off)
    sender = await store.opened()
    await until(lambda: any(entry.get("loop") == "broadcasts" for entry in log))
    missed = list(range(3 * BATCH))
    for number in missed:
        await sender.send_broadcast("cache.clear", number)
    is_cut_off = False
    await until(lambda: len(got) > len(missed))
    await sender.send_broadcast("cache.clear", "after")
    await until(lambda: got[-1] == "after")
    assert got == ["before", *missed, "after"]


async def test_a_worker_that_starts_again_begins_at_the_newest(store: OneStore) -> None:
    got: list[Any] = []
    sender = await store.opened()
    first = listening(store, got)
    await first.start()
    await sender.send_broadcast("cache.clear", 1)
    await until(lambda: got == [1])
    await first.stop()
    await sender.send_broadcast("cache.clear", 2)
    second = listening(store, got)
    await second.start()
    await sender.send_broadcast("cache.clear", 3)
    await until(lambda: got == [1, 3])


async def test_a_message_that_was_sent_right_after_the_start_is_received(store: OneStore) -> None:
    got: list[Any] = []
    sender = await store.opened()
    worker = listening(store, got)
    await worker.start()
    await sender.send_broadcast("cache.clear", 1)
    await until(lambda: got == [1])


async def test_a_receiver_that_fails_breaks_nothing(store: OneStore) -> None:
    got: list[Any] = []
    log: list[Any] = []
    worker = store.worker(log_handler=log.append)

    @worker.on_broadcast("cache.clear")
    async def broken(payload: str) -> None:
        raise SystemExit if payload == "a" else RuntimeError("no cache")

    @worker.on_broadcast("cache.clear")
    def clear(payload: str, message: BroadcastMessage) -> None:
        got.append((payload, message.name))

    worker.on("t", lambda: None)
    await worker.start()
    await worker.broadcast("cache.clear", "a")
    await worker.broadcast("cache.clear", "b")
    await until(lambda: len(got) >= 2)
    assert got == [("a", "cache.clear"), ("b", "cache.clear")]
    failed = [entry for entry in log if entry["event"] == "broadcast_failed"]
    assert [(entry["broadcast"], "broken" in entry["receiver"]) for entry in failed] == [("cache.clear", True)] * 2
    assert (await worker.enqueue("t")) is not None


async def test_receivers_of_a_module_get_typed_payloads(store: OneStore) -> None:
    got: list[Any] = []
    log: list[Any] = []

    @dataclass
    class Clear:
        key: str

    def clear(order: Any) -> None:
        got.append(order)

    clear.__annotations__["order"] = Clear
    module = ModuleType("receiving")
    vars(module)["clear"] = receiver("cache.clear")(clear)
    worker = store.worker(log_handler=log.append)
    worker.include(module)
    await worker.start()
    await worker.broadcast("cache.clear", {"key": 7})
    await worker.broadcast("cache.clear", {"key": "users"})
    await until(lambda: got == [Clear("users")])
    [failed] = [entry for entry in log if entry["event"] == "broadcast_failed"]
    assert "payload.key" in failed["error"]


async def test_a_receiver_that_takes_too_long_is_cancelled_and_the_next_message_comes(store: OneStore) -> None:
    got: list[Any] = []
    log: list[Any] = []
    worker = store.worker(timeout=0.1, log_handler=log.append)

    @worker.on_broadcast("cache.clear")
    async def slow(payload: str) -> None:
        got.append(payload)
        if payload == "slow":
            await asyncio.sleep(DEADLINE * 10)

    await worker.start()
    await worker.broadcast("cache.clear", "slow")
    await worker.broadcast("cache.clear", "quick")
    await until(lambda: got == ["slow", "quick"])
    [failed] = [entry for entry in log if entry["event"] == "broadcast_failed"]
    assert failed["error"] == "it ran longer than 0.1 seconds"


async def test_a_worker_without_receivers_does_not_ask_for_broadcasts(
    store: OneStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    worker = store.worker()
    for method in ("position", "receive"):
        monkeypatch.setattr(worker.backstage.backend.broadcasts, method, lambda *_, name=method: asked.append(name))
    ran = asyncio.Event()
    worker.on("t", ran.set)
    await worker.start()
    await worker.broadcast("cache.clear")
    await worker.enqueue("t")
    async with asyncio.timeout(DEADLINE):
        await ran.wait()
    assert asked == []
