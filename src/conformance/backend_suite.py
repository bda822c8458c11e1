from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import Trial
from backstage.domain.ports.backend import Backend
from backstage.domain.ports.clock import Clock
from backstage.testing.fake_clock import FakeClock

Connect = Callable[[Clock], Backend]
"""Makes a backend, not yet opened, on one store; each call is one more process that shares it."""

NewStore = Callable[[], Connect]
"""Makes an empty store."""

DropStore = Callable[[Connect], None]
"""Is told of a store that nobody will use again."""


class BackendSuite:
    """What the suites share: a backend under a clock that the test moves."""

    @pytest.fixture
    def new_store(self) -> NewStore:
        """The one fixture that an adapter brings."""
        raise NotImplementedError("give your subclass a fixture `new_store`")

    @pytest.fixture
    def drop_store(self) -> DropStore:
        """An adapter may free a store here before the test ends: some tests make dozens of them."""
        return lambda connect: None

    @pytest.fixture
    def connect(self, new_store: NewStore) -> Connect:
        return new_store()

    @pytest.fixture
    def connect_first(self, new_store: NewStore) -> Connect:
        """To a store that nobody has opened yet. For adapters whose `new_store` gives stores that are prepared."""
        return new_store()

    @pytest.fixture
    def walks(self) -> int:
        """How many random walks, of fifty steps, a store is taken on. Sixty take a minute where a step takes 20 ms."""
        return 60

    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock()

    @pytest.fixture
    async def trial(self, connect: Connect, clock: FakeClock) -> AsyncIterator[Trial]:
        async with on_trial(connect, clock, TaskFactory(clock)) as trial:
            yield trial

    @pytest.fixture
    async def target(self, new_store: NewStore, clock: FakeClock, trial: Trial) -> AsyncIterator[Trial]:
        """Another store, empty, for what `trial` holds."""
        async with on_trial(new_store(), clock, trial.new_task) as target:
            yield target


@asynccontextmanager
async def on_trial(connect: Connect, clock: FakeClock, new_task: TaskFactory) -> AsyncIterator[Trial]:
    """One more process on the store, from opening to closing."""
    backend = connect(clock)
    try:
        await backend.open()
        yield Trial(backend, clock, new_task)
    finally:
        await backend.close()
