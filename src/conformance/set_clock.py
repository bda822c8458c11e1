from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

import pytest

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import LEASE, Trial
from backstage.domain.ports.backend import Backend
from backstage.testing.fake_clock import FakeClock


class ClockedServer(Protocol):
    """A server whose clock runs with the test's, and can be set: `ahead` is by how many seconds."""

    ahead: float

    def connect(self, clock: FakeClock) -> Backend:
        """One more process on its store, not yet opened, that goes by the server's clock."""
        ...


class SetClockSuite(BackendSuite):
    """For backends that measure leases on the clock of a server: somebody may set it, and nobody loses a task by that.

    Subclass it beside ConformanceSuite, and give it the fixture `clocked_server`.
    """

    @pytest.fixture
    def clocked_server(self) -> ClockedServer:
        raise NotImplementedError("give your subclass a fixture `clocked_server`")

    @pytest.fixture
    async def timed(self, clocked_server: ClockedServer, clock: FakeClock) -> AsyncIterator[Trial]:
        """The store as a process sees it that goes by the server's clock, and has looked at its leases since long."""
        backend = clocked_server.connect(clock)
        await backend.open()
        timed = Trial(backend, clock, TaskFactory(clock))
        await timed.running(worker_id="begun")  # the lease by whose length it knows how long is long
        assert await timed.queue.reclaim(5, 10) == []
        clock.advance(LEASE + 1)
        assert len(await timed.queue.reclaim(5, 10)) == 1
        [again] = await timed.claim(worker_id="begun")
        await timed.settle(again.completed())
        yield timed
        await backend.close()

    async def test_a_server_set_forward_takes_no_live_lease(self, timed: Trial, clocked_server: ClockedServer) -> None:
        await timed.running()
        clocked_server.ahead = 3600.0
        assert await timed.queue.reclaim(5, 10) == []
        timed.clock.advance(LEASE + 1)
        assert len(await timed.queue.reclaim(5, 10)) == 1

    async def test_a_server_set_back_does_not_keep_the_tasks_of_the_dead(
        self, timed: Trial, clocked_server: ClockedServer
    ) -> None:
        running = await timed.running()
        clocked_server.ahead = -900.0
        assert await timed.queue.reclaim(5, 10) == []
        timed.clock.advance(LEASE - 1)
        assert await timed.queue.reclaim(5, 10) == []
        timed.clock.advance(2)
        looks = [await timed.queue.reclaim(5, 10) for _ in range(2)]  # a store may go by what the last look saw
        assert [task.id for look in looks for task, _ in look] == [running.id]

    async def test_a_server_set_back_takes_no_lease_that_is_renewed_by_its_new_time(
        self, timed: Trial, clocked_server: ClockedServer
    ) -> None:
        running = await timed.running()
        clocked_server.ahead = -900.0
        for _ in range(8):
            assert await timed.queue.reclaim(5, 10) == []
            timed.clock.advance(LEASE / 3)
            assert (await timed.queue.renew({running.id: running.fence}, LEASE)).lost == frozenset()

    async def test_a_lease_that_has_just_begun_is_not_left_from_before_the_clock_was_set(self, timed: Trial) -> None:
        await timed.running()
        assert await timed.queue.reclaim(5, 10) == []

    async def test_a_brief_lease_that_is_renewed_does_not_make_a_long_one_look_as_if_begun_later(
        self, timed: Trial
    ) -> None:
        await timed.tasks.add([timed.new_task() for _ in range(2)])
        [lasting] = await timed.claim(lease=600.0)
        [brief] = await timed.claim(lease=2.0)
        for _ in range(3):
            await timed.queue.renew({brief.id: brief.fence}, 2.0)
            assert await timed.queue.reclaim(5, 10) == []
            timed.clock.advance(1.9)
        assert (await timed.queue.inspect({lasting.id: lasting.fence})).lost == frozenset()
