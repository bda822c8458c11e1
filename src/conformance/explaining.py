from __future__ import annotations

from random import Random

import pytest

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.explained_store import ExplainedStore, new_worker
from backstage.conformance.trial import BROKEN, POLICY, Trial
from backstage.domain.errors import TaskNotFoundError
from backstage.domain.explain_task import explain_task
from backstage.domain.explanation import Explanation, ReasonKind
from backstage.domain.task_facts import MOST_COUNTED

OF_PENDING_TASKS = {
    ReasonKind.NOT_DUE,
    ReasonKind.PAUSED,
    ReasonKind.QUIET_WORKERS,
    ReasonKind.NO_WORKER,
    ReasonKind.UNKNOWN_TYPE,
    ReasonKind.UNKNOWN_VERSION,
    ReasonKind.UNSERVED_QUEUE,
    ReasonKind.BEHIND_OTHERS,
    ReasonKind.SLOTS_BUSY,
    ReasonKind.NEXT,
}


class Explaining(BackendSuite):
    """Facts: why a task is where it is."""

    async def test_the_first_reason_is_true_and_once_it_is_removed_the_next_one_holds(
        self, trial: Trial, walks: int
    ) -> None:
        chance = Random(4)  # noqa: S311 - a fixed seed makes the same states in every run
        seen: set[ReasonKind] = set()
        for number in range(walks):
            store = ExplainedStore(trial, chance, number)
            task = await store.fill()
            for _ in range(20):
                explanation = await _explained(trial, task.id)
                seen.add(explanation.reasons[0].kind)
                await store.check(task.id, explanation)
                if explanation.reasons[0].kind is ReasonKind.NEXT:
                    break
                await store.remove(task.id, explanation.reasons[0])
                assert explanation.reasons[0] not in (await _explained(trial, task.id)).reasons
            assert await store.is_taken_next(task.id)
            await store.empty()
        assert seen == OF_PENDING_TASKS

    async def test_a_running_task_is_explained_by_its_worker(self, trial: Trial) -> None:
        await trial.registry.beat(new_worker(trial, "w1"))
        running = await trial.running(worker_id="w1")
        await trial.queue.report_progress(running.id, running.fence, 0.4, None)
        await trial.tasks.save((await trial.tasks.get(running.id)).cancel(trial.clock.now()))
        explanation = await _explained(trial, running.id)
        assert [reason.kind for reason in explanation.reasons] == [ReasonKind.RUNNING, ReasonKind.CANCEL_REQUESTED]
        assert explanation.reasons[0].details == {"worker": "w1", "progress": 0.4, "is_heard_of": True}

    async def test_a_task_that_waits_for_a_retry_names_the_error_of_its_last_attempt(self, trial: Trial) -> None:
        running = await trial.running(max_attempts=5)
        await trial.settle(running.failed(BROKEN, POLICY, 0.5))
        reason = (await _explained(trial, running.id)).reasons[0]
        assert (reason.kind, reason.details["why"], reason.details["attempt"]) == (ReasonKind.NOT_DUE, "retry", 1)
        assert "attempt 1 of 5 failed with ValueError: no such address" in reason.sentence

    async def test_a_task_that_ended_says_how(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.settle(running.gave_up(BROKEN))
        [reason] = (await _explained(trial, running.id)).reasons
        assert reason.kind is ReasonKind.ENDED
        assert reason.details == {"state": "failed", "attempt": 1, "error": "ValueError", "by": None}

    async def test_of_a_long_line_a_thousand_are_counted(self, trial: Trial) -> None:
        await trial.registry.beat(new_worker(trial, "w1"))
        await trial.tasks.add([trial.new_task() for _ in range(MOST_COUNTED + 20)])
        last = await trial.added(priority=-1)
        reason = (await _explained(trial, last.id)).reasons[0]
        assert reason.kind is ReasonKind.BEHIND_OTHERS
        assert (reason.details["tasks"], reason.details["is_at_least"]) == (MOST_COUNTED, True)

    async def test_a_task_that_nobody_stored_is_not_explained(self, trial: Trial) -> None:
        with pytest.raises(TaskNotFoundError):
            await trial.facts.of(trial.new_task().id)


async def _explained(trial: Trial, task_id: str) -> Explanation:
    return explain_task(await trial.facts.of(task_id))
