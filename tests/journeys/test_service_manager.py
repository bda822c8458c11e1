"""What a worker tells the service manager that started it, over a real socket."""

from __future__ import annotations

import asyncio
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.conftest import StartWorker
from tests.journeys.store import Store
from tests.journeys.waiting import PATIENCE


class Manager:
    """The end of the socket that systemd holds."""

    def __init__(self, address: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(address))
        self._socket.setblocking(False)
        self.heard: list[str] = []

    async def hears(self, line: str, times: int = 1) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.heard.count(line) < times:
                told = await asyncio.get_running_loop().sock_recv(self._socket, 4096)
                self.heard += told.decode().splitlines()

    async def falls_silent(self) -> None:
        """Return once nothing has come for many times as long as there is between two signs of life."""
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    async with asyncio.timeout(0.3):
                        await asyncio.get_running_loop().sock_recv(self._socket, 4096)
                except TimeoutError:
                    return

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    with tempfile.TemporaryDirectory() as folder:  # a socket's path may have no more than 107 characters
        address = Path(folder, "notify")
        monkeypatch.setenv("NOTIFY_SOCKET", str(address))
        manager = Manager(address)
        yield manager
        manager.close()


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    return sqlite_store


async def test_a_worker_tells_that_it_is_ready_and_alive_and_that_it_stops(
    manager: Manager, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "60000")
    worker = start_worker("--worker-id", "mailer")
    await manager.hears("READY=1")
    await manager.hears("WATCHDOG=1", times=3)
    worker.signal(signal.SIGTERM)
    assert await worker.code() == 0
    await manager.hears("STOPPING=1")
    assert any(line.startswith("STATUS=mailer") for line in manager.heard)


async def test_a_worker_that_does_not_turn_gives_no_sign_of_life(
    manager: Manager, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "60000")
    worker = start_worker()
    await manager.hears("WATCHDOG=1", times=2)
    worker.signal(signal.SIGSTOP)
    await manager.falls_silent()
    manager.heard.clear()
    worker.signal(signal.SIGCONT)
    await manager.hears("WATCHDOG=1", times=2)


async def test_a_fleet_tells_that_it_is_ready_and_its_processes_tell_nothing(
    manager: Manager, start_worker: StartWorker
) -> None:
    fleet = start_worker("--processes", "2")
    await manager.hears("READY=1")
    await fleet.logged("worker_started", times=2)
    fleet.signal(signal.SIGTERM)
    assert await fleet.code() == 0
    assert manager.heard.count("READY=1") == 1
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await manager.hears("READY=1", times=2)


async def test_a_watchdog_that_is_meant_for_another_process_gets_no_signs(
    manager: Manager, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "60000")
    monkeypatch.setenv("WATCHDOG_PID", "1")
    worker = start_worker()
    await manager.hears("READY=1")
    worker.signal(signal.SIGTERM)
    assert await worker.code() == 0
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await manager.hears("WATCHDOG=1")
