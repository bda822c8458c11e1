from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import structlog
from structlog.testing import CapturingLogger

from backstage.domain.errors import ConfigurationError, StorageUnavailableError
from backstage.infra.container import Container
from backstage.infra.store_opening import StoreOpening

DEADLINE = 60.0


class Server:
    """Answers each try with the next of `answers`, and with success after them."""

    def __init__(self, *answers: Exception) -> None:
        self._answers = iter(answers)
        self.tries = 0

    async def connect(self) -> None:
        self.tries += 1
        for error in self._answers:
            raise error


@pytest.fixture
def log() -> CapturingLogger:
    return CapturingLogger()


@pytest.fixture
def opening(log: CapturingLogger) -> Callable[..., StoreOpening]:
    def opening(connect: Callable[[], Awaitable[None]], patience: float | None = None) -> StoreOpening:
        logger: Any = structlog.wrap_logger(log, processors=[], wrapper_class=structlog.BoundLogger)
        return StoreOpening(connect, patience, random.Random(1), logger)

    return opening


async def test_it_tries_until_somebody_answers_and_tells_of_each_try(
    opening: Callable[..., StoreOpening], log: CapturingLogger
) -> None:
    server = Server(StorageUnavailableError("away"), StorageUnavailableError("starting"))
    assert await opening(server.connect).run()
    assert server.tries == 3
    assert [call.method_name for call in log.calls] == ["warning"] * 2
    assert [(call.kwargs["event"], call.kwargs["error"]) for call in log.calls] == [
        ("store_unavailable", "away"),
        ("store_unavailable", "starting"),
    ]


async def test_what_another_try_cannot_mend_is_raised_at_once(opening: Callable[..., StoreOpening]) -> None:
    server = Server(StorageUnavailableError("away"), ConfigurationError("url", "the password is wrong"))
    with pytest.raises(ConfigurationError):
        await opening(server.connect).run()
    assert server.tries == 2


async def test_patience_ends_with_the_last_error(opening: Callable[..., StoreOpening], log: CapturingLogger) -> None:
    with pytest.raises(StorageUnavailableError, match="first"):
        await opening(Server(StorageUnavailableError("first")).connect, 0.0).run()
    assert log.calls == []
    server = Server(*(StorageUnavailableError(str(number)) for number in range(1000)))
    with pytest.raises(StorageUnavailableError, match=r"[1-9]"):
        await opening(server.connect, 0.3).run()
    assert len(log.calls) == server.tries - 1


async def test_a_try_that_gets_no_answer_is_given_up_at_once(opening: Callable[..., StoreOpening]) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def connect() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    opening_now = opening(connect)
    running = asyncio.create_task(opening_now.run())
    await begun.wait()
    opening_now.give_up()
    async with asyncio.timeout(DEADLINE):
        assert not await running
    assert ended.is_set()


async def test_a_container_waits_only_when_it_is_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(*(StorageUnavailableError("away") for _ in range(3)))
    monkeypatch.setattr("backstage.infra.memory.backend.MemoryBackend.open", lambda backend, opening: server.connect())
    with pytest.raises(StorageUnavailableError):
        async with Container.open("memory://", silent=True):
            pass
    assert server.tries == 1
    async with Container.open("memory://", silent=True, wait=None):
        assert server.tries == 4
