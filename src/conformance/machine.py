from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from backstage.conformance import choices
from backstage.conformance.backend_suite import Connect
from backstage.conformance.broadcast_steps import BroadcastSteps
from backstage.conformance.schedule_steps import ScheduleSteps
from backstage.conformance.store_machine import one_of
from backstage.conformance.trial import claim_request
from backstage.domain.errors import IllegalMoveError, TaskError
from backstage.domain.outcome import Outcome
from backstage.domain.retention import Retention
from backstage.domain.task import Task
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import FINAL_STATES, TaskState


class BackendMachine(ScheduleSteps, BroadcastSteps):
    """Any steps in any order: the backend answers each as the model does, and then holds what the model holds."""

    def __init__(self, connect: Connect, processes: int = 1) -> None:
        super().__init__(connect, processes)
        self.claims: list[Task] = []
        """Every task as a worker was given it; most of these claims are over."""

    # -- steps -----------------------------------------------------------------------------------

    @initialize(batch=st.lists(choices.task_fields, min_size=3, max_size=6))
    def begin_with_some_tasks(self, batch: list[dict[str, Any]]) -> None:
        self.add_new(batch)

    @rule(batch=st.lists(choices.task_fields, min_size=1, max_size=3))
    def add(self, batch: list[dict[str, Any]]) -> None:
        self.add_new(batch)

    @precondition(lambda self: self.made)
    @rule(pick=choices.picks)
    def add_again(self, pick: int) -> None:
        task = one_of(self.made, pick)
        assert self.run(self.trial.tasks.add([task])) == self.model.add([task])

    @precondition(lambda self: self.has(TaskState.PENDING))
    @rule(fields=choices.claim_fields)
    def claim(self, fields: dict[str, Any]) -> None:
        self.claim_as(fields)

    @precondition(lambda self: self.has(TaskState.PENDING))
    @rule(fields=choices.claim_fields, seconds=st.sampled_from([3, 11]))
    def claim_later(self, fields: dict[str, Any], seconds: int) -> None:
        self.clock.advance(seconds)
        self.claim_as(fields)

    @rule(fields=choices.narrow_claim_fields)
    def claim_narrowly(self, fields: dict[str, Any]) -> None:
        self.claim_as(fields)

    @precondition(lambda self: self.held())
    @rule(end=choices.ends, pick=choices.picks)
    def settle_held(self, end: str, pick: int) -> None:
        self.settle([choices.ENDS[end](one_of(self.held(), pick))])

    @precondition(lambda self: self.claims)
    @rule(ends=st.lists(st.tuples(choices.picks, choices.ends), min_size=1, max_size=3))
    def settle_any(self, ends: list[tuple[int, str]]) -> None:
        """Mostly late, stale or repeated."""
        self.settle([choices.ENDS[end](one_of(self.claims, pick)) for pick, end in ends])

    @precondition(lambda self: self.held())
    @rule(pick=choices.picks, fields=choices.task_fields)
    def chain(self, pick: int, fields: dict[str, Any]) -> None:
        self.settle([one_of(self.held(), pick).completed("1", (self.new_task(**fields),))])

    @precondition(lambda self: self.claims)
    @rule(picks=st.lists(choices.picks, min_size=1, max_size=4), lease=choices.leases)
    def renew(self, picks: list[int], lease: float) -> None:
        fences = self.fences(picks)
        assert self.run(self.trial.queue.renew(fences, lease)) == self.model.renew(fences, lease)

    @precondition(lambda self: self.claims)
    @rule(picks=st.lists(choices.picks, min_size=1, max_size=4))
    def inspect(self, picks: list[int]) -> None:
        fences = self.fences(picks)
        assert self.run(self.trial.queue.inspect(fences)) == self.model.inspect(fences)

    @precondition(lambda self: self.claims)
    @rule(pick=choices.picks, progress=st.sampled_from([0.0, 0.5, 1.0]), note=st.sampled_from([None, "ü"]))
    def report_progress(self, pick: int, progress: float, note: str | None) -> None:
        claim = one_of(self.claims, pick)
        report = (claim.id, claim.fence, progress, note)
        assert self.run(self.trial.queue.report_progress(*report)) == self.model.report_progress(*report)

    @precondition(lambda self: self.has(TaskState.RUNNING))
    @rule(max_deliveries=st.sampled_from([3, 2, 1]), seconds=st.sampled_from([0, 8, 30]))
    def reclaim(self, max_deliveries: int, seconds: int) -> None:
        self.clock.advance(seconds)
        answer = self.run(self.trial.queue.reclaim(max_deliveries, 1000))
        assert {task.id: (task, outcome) for task, outcome in answer} == self.model.reclaim(max_deliveries)

    @precondition(lambda self: self.model.tasks)
    @rule(pick=choices.picks, move=choices.moves)
    def save(self, pick: int, move: str) -> None:
        self.save_move(one_of(list(self.model.tasks.values()), pick), move)

    @precondition(lambda self: self.made or self.claims)
    @rule(pick=choices.picks, move=choices.moves)
    def save_what_was_read_long_ago(self, pick: int, move: str) -> None:
        self.save_move(one_of(self.made + self.claims, pick), move)

    @precondition(lambda self: self.has(*FINAL_STATES))
    @rule(retention=choices.retentions, limit=st.integers(1, 5))
    def prune(self, retention: Retention, limit: int) -> None:
        assert self.run(self.trial.tasks.prune(retention, limit)) == self.model.prune(retention, limit)

    @precondition(lambda self: not self.model.pauses)
    @rule(pause=choices.pauses)
    def pause(self, pause: tuple[str, str]) -> None:
        assert self.run(self.trial.control.pause(*pause)) == (pause not in self.model.pauses)
        self.model.pauses.add(pause)

    @precondition(lambda self: self.model.pauses)
    @rule(pick=choices.picks)
    def resume(self, pick: int) -> None:
        pause = one_of(sorted(self.model.pauses), pick)
        assert self.run(self.trial.control.resume(*pause))
        self.model.pauses.remove(pause)

    @rule(query=choices.queries)
    def find(self, query: TaskQuery) -> None:
        page, expected = self.run(self.trial.tasks.find(query)), self.model.find(query)
        assert page.tasks == expected[: query.limit]
        assert page.next_after == (page.tasks[-1].id if len(expected) > query.limit else None)

    @rule()
    def archive_again(self) -> None:
        """Read everything as it is to be moved, and write what may be moved back to where it is: nothing is new."""
        stored = self.run(self.trial.archive.read(None, 1000))
        expected = [(task, tuple(self.model.attempts.get(task.id, ()))) for task in self.model.find(TaskQuery())[::-1]]
        assert [(each.task, each.attempts) for each in stored] == expected
        movable = [each for each in stored if each.task.state is not TaskState.RUNNING]
        assert self.run(self.trial.archive.write(movable)) == 0

    @rule()
    def ask_whether_all_is_done(self) -> None:
        for types, queues in (
            (frozenset({"a", "b"}), None),
            (frozenset({"a"}), frozenset({"x"})),
            (None, frozenset({"y"})),
        ):
            assert self.run(self.trial.queue.is_idle(types, queues)) == self.model.is_idle(types, queues)

    @rule()
    def ask_how_long_each_lane_has_waited(self) -> None:
        assert self.run(self.trial.tasks.oldest_due()) == self.model.oldest_due()

    @rule(seconds=st.sampled_from([5.0, 3600.0]))
    def set_the_wall_clock_forward(self, seconds: float) -> None:
        self.clock.jump(seconds)

    # -- what holds after each step --------------------------------------------------------------

    @invariant()
    def the_turn_goes_round(self) -> None:
        self.trials.append(self.trials.pop(0))

    @invariant()
    def no_two_steps_share_a_moment(self) -> None:
        self.clock.advance(0.001)

    @invariant()
    def every_task_is_the_models(self) -> None:
        page = self.run(self.trial.tasks.find(TaskQuery(limit=1000)))
        assert page.tasks == self.model.find(TaskQuery(limit=1000))

    @invariant()
    def counts_are_exact(self) -> None:
        assert self.run(self.trial.tally()) == self.model.tally()

    @invariant()
    def records_of_the_latest_claims_are_the_models(self) -> None:
        for task_id in {claim.id for claim in self.claims[-3:]}:
            assert self.run(self.trial.tasks.attempts(task_id)) == self.model.attempts.get(task_id, [])

    @invariant()
    def workers_hold_what_the_model_says(self) -> None:
        for worker_id in choices.WORKERS:
            held = self.run(self.trial.queue.held_by(worker_id))
            assert sorted(held, key=lambda task: task.id) == self.model.held_by(worker_id)

    @invariant()
    def no_key_has_two_holders(self) -> None:
        for task in self.model.tasks.values():
            self.model.holder(task)

    # -- how the steps are made ------------------------------------------------------------------

    def has(self, *states: TaskState) -> bool:
        return any(task.state in states for task in self.model.tasks.values())

    def add_new(self, batch: list[dict[str, Any]]) -> None:
        tasks = [self.new_task(**fields) for fields in batch]
        assert self.run(self.trial.tasks.add(tasks)) == self.model.add(tasks)

    def claim_as(self, fields: dict[str, Any]) -> None:
        request = claim_request(**fields)
        answer, expected = self.run(self.trial.queue.claim(request)), self.model.claim(request)
        assert answer.tasks == expected
        if len(expected) < request.limit:
            assert answer.next_due_in == pytest.approx(self.model.next_due_in(), abs=0.001)
        self.claims += expected

    def held(self) -> list[Task]:
        return [task for worker_id in choices.WORKERS for task in self.model.held_by(worker_id)]

    def fences(self, picks: list[int]) -> dict[str, int]:
        claims = [one_of(self.claims[-8:], pick) for pick in picks]
        return {claim.id: claim.fence for claim in claims}

    def settle(self, outcomes: list[Outcome]) -> None:
        assert self.run(self.trial.queue.settle(outcomes)) == self.model.settle(outcomes)

    def save_move(self, task: Task, move: str) -> None:
        """Save the moved task in both; where the entity forbids the move there is nothing to save."""
        try:
            moved = choices.MOVES[move](task, self.clock)
        except IllegalMoveError:
            return
        expected = _error_of(lambda: self.model.save(moved))
        try:
            is_elsewhere = moved.queue != task.queue
            tasks = self.trial.tasks
            self.run(tasks.move(moved, task.queue) if is_elsewhere else tasks.save(moved))
        except TaskError as error:
            assert (type(error), str(error)) == expected
        else:
            assert expected is None


def _error_of(step: Callable[[], None]) -> tuple[type[TaskError], str] | None:
    try:
        step()
    except TaskError as error:
        return type(error), str(error)
    return None
