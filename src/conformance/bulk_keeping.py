from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.keeping import UNICODE
from backstage.conformance.trial import Trial
from backstage.domain.bulk_action import BulkAction, BulkKind
from backstage.domain.bulk_operation import BulkOperation, BulkState


class BulkKeeping(BackendSuite):
    """BulkOperations: compared and set on the version."""

    async def test_a_bulk_operation_is_given_back_exactly(self, trial: Trial) -> None:
        assert await trial.bulk_operations.all() == []
        assert await trial.bulk_operations.find("a") is None
        now = trial.clock.now()
        planned = _operation(trial)
        assert await trial.bulk_operations.save(planned)
        assert await trial.bulk_operations.find("a") == planned
        running = planned.started(UNICODE, 12.5, now).driven("d", now)
        running = running.about_to_change([], "id").advanced(3, 1, UNICODE, now)
        running = replace(running, step=(("a", 1), ("b", 2)), step_ends_at="c")
        assert not await trial.bulk_operations.save(running)
        for each in (planned.started("x", 1.0, now), planned.started("x", 1.0, now).driven("d", now)):
            assert await trial.bulk_operations.save(each)
        assert await trial.bulk_operations.save(running)
        assert await trial.bulk_operations.find("a") == running

    async def test_of_two_who_save_a_bulk_operation_one_is_told_that_it_was_late(self, trial: Trial) -> None:
        planned = _operation(trial)
        assert await trial.bulk_operations.save(planned)
        assert not await trial.bulk_operations.save(planned)
        next_ = planned.ended(BulkState.STOPPED, trial.clock.now())
        assert [await trial.bulk_operations.save(next_) for _ in range(2)] == [True, False]

    async def test_bulk_operations_come_newest_plan_first_and_are_deleted(self, trial: Trial) -> None:
        first, second = _operation(trial, "b"), _operation(trial, "a", 1.0)
        for each in (first, second):
            assert await trial.bulk_operations.save(each)
        assert await trial.bulk_operations.all() == [second, first]
        await trial.bulk_operations.delete("a")
        await trial.bulk_operations.delete("unknown")
        assert await trial.bulk_operations.all() == [first]


def _operation(trial: Trial, id_: str = "a", later: float = 0.0) -> BulkOperation:
    return BulkOperation(
        id=id_,
        action=BulkAction(BulkKind.PRIORITISE, priority=-5),
        query="state:pending",
        state=BulkState.PLANNED,
        total=7,
        planned_at=trial.clock.now() + timedelta(seconds=later),
    )
