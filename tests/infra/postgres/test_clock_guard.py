"""Leases are measured on the server's clock, which can be set; nobody loses a task by that."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import claim_request
from backstage.infra.postgres.backend import PostgresBackend
from backstage.infra.server_time import OwnTime
from backstage.testing.fake_clock import FakeClock


class _SetServer(OwnTime):
    """The server's clock as one that the test sets: `ahead` is by how many microseconds."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.ahead = 0

    def now(self) -> int:  # type: ignore[override]
        return round(self.clock.monotonic() * 1_000_000) + self.ahead

    def lease_now(self) -> int:  # type: ignore[override]
        return self.now()


@pytest.fixture
async def backend(url: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PostgresBackend]:
    monkeypatch.setattr("backstage.infra.postgres.backend.server_time", lambda _given, _local: _SetServer(clock))
    backend = PostgresBackend.from_url(url)
    await backend.open()
    yield backend
    await backend.close()


def _server(backend: PostgresBackend) -> _SetServer:
    time = backend._time
    assert isinstance(time, _SetServer)
    return time


async def _claimed(backend: PostgresBackend, new_task: TaskFactory) -> None:
    await backend.tasks.add(
        [new_task(scheduled_at=new_task().created_at.fromtimestamp(1, new_task().created_at.tzinfo))]
    )
    assert len((await backend.queue.claim(claim_request(lease=30.0))).tasks) == 1


async def test_a_clock_set_forward_takes_no_live_lease(
    backend: PostgresBackend, clock: FakeClock, new_task: TaskFactory
) -> None:
    await _claimed(backend, new_task)
    assert await backend.queue.reclaim(5, 10) == []
    _server(backend).ahead = 3_600_000_000
    assert await backend.queue.reclaim(5, 10) == []
    clock.advance(31)
    assert len(await backend.queue.reclaim(5, 10)) == 1


async def test_a_clock_set_back_does_not_keep_the_tasks_of_the_dead(
    backend: PostgresBackend, clock: FakeClock, new_task: TaskFactory
) -> None:
    await _claimed(backend, new_task)
    assert await backend.queue.reclaim(5, 10) == []
    _server(backend).ahead = -900_000_000
    assert await backend.queue.reclaim(5, 10) == []
    clock.advance(29)
    assert await backend.queue.reclaim(5, 10) == []
    clock.advance(2)
    assert len(await backend.queue.reclaim(5, 10)) == 1
