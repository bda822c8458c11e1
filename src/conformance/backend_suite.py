from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from backstage.conformance.fake_clock import FakeClock
from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import Trial
from backstage.domain.ports.backend import Backend
from backstage.domain.ports.clock import Clock

Connect = Callable[[Clock], Backend]
"""Makes a backend, not yet opened, on one store; each call is one more process that shares it."""

NewStore = Callable[[], Connect]
"""Makes an empty store."""


class BackendSuite:
    """What the suites share: a backend under a clock that the test moves."""

    @pytest.fixture
    def new_store(self) -> NewStore:
        """The one fixture that an adapter brings."""
        raise NotImplementedError("give your subclass a fixture `new_store`")

    @pytest.fixture
    def connect(self, new_store: NewStore) -> Connect:
        return new_store()

    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock()

    @pytest.fixture
    async def trial(self, connect: Connect, clock: FakeClock) -> AsyncIterator[Trial]:
        backend = connect(clock)
        await backend.open()
        try:
            yield Trial(backend, clock, TaskFactory(clock))
        finally:
            await backend.close()
