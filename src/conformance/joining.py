from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import Trial
from backstage.domain.dedupe import Dedupe, Duplicate
from backstage.domain.errors import ConfigurationError, TaskNotFoundError
from backstage.domain.task_state import TaskState

BeginTransaction = Callable[[], AbstractAsyncContextManager[Any]]
"""Connects to the same store as a caller would and begins a transaction: leaving it commits, an error rolls it back."""


class JoinsTransactionsSuite(BackendSuite):
    """For stores that have transactions: `add` within one that is the caller's own."""

    @pytest.fixture
    def begin(self) -> BeginTransaction:
        """What an adapter brings beside `new_store`, on the store that `connect` is on."""
        raise NotImplementedError("give your subclass a fixture `begin`")

    async def test_tasks_exist_once_the_callers_transaction_commits(
        self, trial: Trial, begin: BeginTransaction
    ) -> None:
        task = trial.new_task()
        async with begin() as connection:
            assert await trial.tasks.add([task], connection=connection) == [None]
            with pytest.raises(TaskNotFoundError):
                await trial.tasks.get(task.id)
        assert await trial.claim() == (task.claim(trial.lease(), trial.clock.now()),)

    async def test_nothing_is_left_when_the_callers_transaction_rolls_back(
        self, trial: Trial, begin: BeginTransaction
    ) -> None:
        task = trial.new_task(dedupe=Dedupe("k"))
        with pytest.raises(ZeroDivisionError):
            async with begin() as connection:
                await trial.tasks.add([task], connection=connection)
                raise ZeroDivisionError
        assert await trial.tally() == {}
        assert await trial.tasks.add([trial.new_task(dedupe=Dedupe("k"))]) == [None]

    async def test_a_held_key_refuses_within_a_transaction_too(self, trial: Trial, begin: BeginTransaction) -> None:
        holder = await trial.added(dedupe=Dedupe("k"))
        async with begin() as connection:
            answers = await trial.tasks.add([trial.new_task(dedupe=Dedupe("k"))], connection=connection)
        assert answers == [Duplicate(holder.id, "k")]

    async def test_tasks_of_a_committed_transaction_are_counted(self, trial: Trial, begin: BeginTransaction) -> None:
        async with begin() as connection:
            await trial.tasks.add([trial.new_task() for _ in range(3)], connection=connection)
            await trial.tasks.add([trial.new_task()], connection=connection)
        assert await trial.tally() == {("default", "email:send", TaskState.PENDING): (4, 0)}


class RefusesTransactionsSuite(BackendSuite):
    """For stores that have none."""

    async def test_a_callers_connection_is_refused_and_nothing_stored(self, trial: Trial) -> None:
        with pytest.raises(ConfigurationError):
            await trial.tasks.add([trial.new_task()], connection=object())
        assert await trial.tally() == {}
