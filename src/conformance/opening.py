from __future__ import annotations

import pytest

from backstage.conformance.backend_suite import BackendSuite, Connect, on_trial
from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import Trial
from backstage.domain import opening
from backstage.domain.finding import Severity
from backstage.testing.fake_clock import FakeClock


class Opening(BackendSuite):
    """Backend: opened, closed, and the clock it goes by."""

    async def test_a_backend_tells_the_time_of_its_clock(self, trial: Trial) -> None:
        trial.clock.advance(1.5)
        assert trial.backend.clock.now() == trial.clock.now()

    async def test_closing_twice_is_harmless(self, connect: Connect, clock: FakeClock) -> None:
        backend = connect(clock)
        await backend.open()
        await backend.close()
        await backend.close()

    async def test_closing_what_was_never_opened_is_harmless(self, connect: Connect, clock: FakeClock) -> None:
        await connect(clock).close()

    async def test_a_store_is_examined_before_it_is_opened_and_afterwards(
        self, trial: Trial, connect: Connect, clock: FakeClock
    ) -> None:
        for backend in (trial.backend, connect(clock)):
            findings = await backend.diagnose()
            assert findings
            assert all(finding.remedy for finding in findings if finding.status is not Severity.OK)

    async def test_opening_a_store_again_changes_nothing(self, trial: Trial) -> None:
        task = await trial.added()
        for each in opening.Opening:
            await trial.backend.open(each)
        assert await trial.tasks.get(task.id) == task

    @pytest.mark.parametrize("how", list(opening.Opening))
    async def test_a_store_that_is_up_to_date_opens_for_everybody(
        self, connect: Connect, clock: FakeClock, how: opening.Opening
    ) -> None:
        maker, other = connect(clock), connect(clock)
        await maker.open()
        await maker.close()
        await other.open(how)
        assert await other.control.paused() == []
        await other.close()

    async def test_opening_an_empty_store_makes_it_ready(self, connect_first: Connect, clock: FakeClock) -> None:
        async with on_trial(connect_first, clock, TaskFactory(clock)) as trial:
            task = await trial.added()
            assert await trial.tasks.get(task.id) == task
