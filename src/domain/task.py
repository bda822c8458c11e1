"""The Task entity: its fields, and one method per legal move. Why it is a Struct: decision 0706."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from backstage.domain.backoff import Backoff
from backstage.domain.dedupe import Dedupe
from backstage.domain.errors import IllegalMoveError, UnchangeableTaskError, UndecodableTaskError
from backstage.domain.failure import Failure
from backstage.domain.lane_type import lane_type
from backstage.domain.lease import Lease
from backstage.domain.lost_worker_failures import lease_expired, too_many_deliveries
from backstage.domain.outcome import Outcome, OutcomeKind, unrecorded_end
from backstage.domain.payload import decode_payload
from backstage.domain.portions import length_of
from backstage.domain.queue import DEFAULT_QUEUE
from backstage.domain.retry_policy import RetryPolicy
from backstage.domain.struct_for_pydantic import StructForPydantic
from backstage.domain.task_state import FINAL_STATES, MOVES, TaskState

UNDECODABLE_TASK = "UndecodableTask"


class Task(StructForPydantic, Struct, frozen=True, kw_only=True, gc=False):
    """A unit of work. Every move returns the next task; nothing here reads a clock or does I/O.

    `deliveries` rises by one with each claim and never falls: it is the fencing token. `interruptions` counts
    the deliveries that spend no attempt. `crashes` counts the leases that ran out since the task was last
    enqueued or retried; `max_deliveries` of them end it. `version` rises with each move. `last_failure` is what the
    handler failed with, until the task ends for another reason. Durations are seconds, moments are in UTC. It is found
    by its `tags`, and by the `key` that says whose it is. `is_awaited`: whoever enqueued it waits for its result.
    """

    id: str
    type: str
    payload_version: int = 1
    payload_json: str = "null"
    queue: str = DEFAULT_QUEUE
    priority: int = 0
    state: TaskState = TaskState.PENDING
    created_at: datetime
    scheduled_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    lease: Lease | None = None
    deliveries: int = 0
    interruptions: int = 0
    crashes: int = 0
    version: int = 1
    max_attempts: int | None = None
    backoff: Backoff | None = None
    timeout: float | None = None
    soft_timeout: float | None = None
    max_deliveries: int | None = None
    dedupe: Dedupe | None = None
    correlation_id: str
    workflow_id: str
    origin_id: str | None = None
    """The task that this one is a copy of, or was chained by."""
    metadata: dict[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    key: str | None = None
    is_awaited: bool = False
    is_cancel_requested: bool = False
    result_json: str | None = None
    last_failure: Failure | None = None
    progress: float | None = None
    progress_note: str | None = None
    undecodable: Mapping[str, str] | None = None
    """Never stored: which stored fields cannot be read, and why. The task is what could be read of it."""

    @property
    def payload(self) -> Any:
        """The JSON value, decoded anew at each call."""
        return decode_payload(self.payload_json)

    @property
    def result(self) -> Any:
        return None if self.result_json is None else decode_payload(self.result_json)

    @property
    def lane_type(self) -> str:
        """The type with the version of its payload, as stores have it and workers claim it."""
        return self.type if self.payload_version == 1 else lane_type(self.type, self.payload_version)

    @property
    def attempt(self) -> int:
        """Attempts begun so far; while the task runs, the number of this one, from 1."""
        return self.deliveries - self.interruptions

    @property
    def fence(self) -> int:
        return self.deliveries

    @property
    def size(self) -> int:
        """Bytes of what it carries to the store and back, about."""
        return length_of(self.payload_json) + length_of(self.result_json) + sum(map(len, self.metadata.values()))

    def is_due(self, now: datetime) -> bool:
        return self.state is TaskState.PENDING and self.scheduled_at <= now

    def claim(self, lease: Lease, now: datetime) -> Task:
        return self._move(
            TaskState.RUNNING,
            lease=lease,
            deliveries=self.deliveries + 1,
            started_at=now,
            progress=None,
            progress_note=None,
        )

    def cancel(self, now: datetime) -> Task:
        """Cancelled at once while pending; while running, its worker is asked to stop it."""
        self._must_be_decodable()
        if self.state is TaskState.RUNNING:
            return replace(self, is_cancel_requested=True, version=self.version + 1)
        return self._move(TaskState.CANCELLED, finished_at=now)

    def prioritised(self, priority: int) -> Task:
        """The same pending task with another priority."""
        self._must_be_decodable()
        if self.state is not TaskState.PENDING:
            raise self._unchangeable(f"is {self.state}: the priority of a pending task alone can be changed")
        return replace(self, priority=priority, version=self.version + 1)

    def moved_to(self, queue: str, priority: int | None = None) -> Task:
        """The same pending task on another queue, also with another priority. What has run, or holds a dedupe key,
        belongs to its queue."""
        self._must_be_decodable()
        if self.state is not TaskState.PENDING:
            raise self._unchangeable(f"is {self.state}: a pending task alone can be moved to another queue")
        if self.deliveries > 0:
            raise self._unchangeable("has run before, so its records belong to its queue: enqueue a copy of it")
        if self.dedupe is not None:
            raise self._unchangeable("has a dedupe key, which holds on its queue: enqueue a copy of it")
        kept = self.priority if priority is None else priority
        return replace(self, queue=queue, priority=kept, version=self.version + 1)

    def must_be_deletable(self) -> None:
        if self.state not in FINAL_STATES:
            raise self._unchangeable(f"is {self.state}: cancel it first, for an ended task alone can be deleted")

    def saved_over(self, stored: Task) -> Task:
        """What is kept when this replaces the version before it. A running task may have had its lease renewed and
        progress reported since it was read, so of such a one only the request to cancel is taken."""
        if self.state is TaskState.RUNNING and stored.state is TaskState.RUNNING:
            return replace(stored, is_cancel_requested=self.is_cancel_requested, version=self.version)
        return self

    def retry(self, now: datetime) -> Task:
        """Due now, with one more attempt than it has spent."""
        return self._again(now, min(self.deliveries, self.interruptions + 1))

    def retry_afresh(self, now: datetime) -> Task:
        """Due now, with all its attempts again."""
        return self._again(now, self.deliveries)

    def settle(self, outcome: Outcome, now: datetime) -> Task:
        """End the claim that `outcome` belongs to; the caller has compared the fence."""
        self._must_be(outcome.state, TaskState.RUNNING)
        outcome = self.honouring_cancel(outcome)
        if outcome.state is not TaskState.PENDING:
            return self._move(
                outcome.state,
                finished_at=now,
                result_json=outcome.result_json,
                last_failure=outcome.failure or self.last_failure,
                crashes=self._crashes_after(outcome),
                is_cancel_requested=False,
            )
        due = self.scheduled_at if outcome.delay is None else now + timedelta(seconds=outcome.delay)
        return self._move(
            TaskState.PENDING,
            scheduled_at=due,
            interruptions=self.interruptions + outcome.is_interruption,
            last_failure=self._failure_after(outcome),
            crashes=self._crashes_after(outcome),
            is_cancel_requested=False,
        )

    def _again(self, now: datetime, interruptions: int) -> Task:
        self._must_be_decodable()
        self._must_be(TaskState.PENDING, TaskState.FAILED, TaskState.CANCELLED)
        return self._move(
            TaskState.PENDING,
            scheduled_at=now,
            finished_at=None,
            interruptions=interruptions,
            crashes=0,
            is_cancel_requested=False,
        )

    def _crashes_after(self, outcome: Outcome) -> int:
        return self.crashes + (outcome.kind is OutcomeKind.LOST)

    def _failure_after(self, outcome: Outcome) -> Failure | None:
        """A crash is told by its record and by `crashes`: it does not hide what the handler failed with."""
        return self.last_failure if outcome.kind is OutcomeKind.LOST else outcome.failure or self.last_failure

    def _unchangeable(self, problem: str) -> UnchangeableTaskError:
        return UnchangeableTaskError(self.id, self.state, problem)

    def _must_be_decodable(self) -> None:
        """To be saved, a task must be known as a whole: what could not be read would be overwritten."""
        if self.undecodable is not None:
            assert self.last_failure is not None
            raise UndecodableTaskError(self.id, self.last_failure.message)

    def _must_be(self, wanted: TaskState, *states: TaskState) -> None:
        """The table tells where a move may lead, this tells where it may begin: only an outcome ends a claim."""
        if self.state not in states:
            raise IllegalMoveError(self.id, self.state, wanted)

    def _move(self, to: TaskState, *, lease: Lease | None = None, **changes: Any) -> Task:
        if to not in MOVES[self.state]:
            raise IllegalMoveError(self.id, self.state, to)
        return replace(self, state=to, lease=lease, version=self.version + 1, **changes)

    # -- how a claim may end ---------------------------------------------------------------------

    def completed(self, result_json: str | None = None, next_tasks: tuple[Task, ...] = ()) -> Outcome:
        completed = OutcomeKind.COMPLETED, TaskState.COMPLETED
        return Outcome(self.id, self.deliveries, *completed, result_json, next_tasks=next_tasks)

    def failed(self, failure: Failure, policy: RetryPolicy, chance: float) -> Outcome:
        """Back to PENDING after the backoff while attempts remain, else a dead letter."""
        if self.attempt >= self.attempts_allowed(policy):
            return self.gave_up(failure)
        delay = (self.backoff or policy.backoff).delay(self.attempt, chance)
        return self._outcome(OutcomeKind.RETRIED, TaskState.PENDING, failure, delay)

    def gave_up(self, failure: Failure, *, has_run: bool = True) -> Outcome:
        return self._outcome(OutcomeKind.DEAD, TaskState.FAILED, failure, has_run=has_run)

    def snoozed(self, delay: float) -> Outcome:
        return self._outcome(OutcomeKind.SNOOZED, TaskState.PENDING, delay=delay)

    def released(self, *, has_run: bool = True) -> Outcome:
        """Given back by a worker that shuts down: due as before, no attempt spent."""
        return self._outcome(OutcomeKind.RELEASED, TaskState.PENDING, has_run=has_run)

    def cancelled(self, *, has_run: bool = True) -> Outcome:
        return self._outcome(OutcomeKind.CANCELLED, TaskState.CANCELLED, has_run=has_run)

    def lost(self, max_deliveries: MaxDeliveries) -> Outcome:
        """The lease ran out: due again at once and no attempt spent, unless the task has cost too many workers."""
        if self.undecodable is not None:
            return self.buried(OutcomeKind.LOST)
        expired = lease_expired(self.lease)
        if (crashes := self.crashes + 1) >= self.deliveries_allowed(max_deliveries):
            failure = too_many_deliveries(crashes, self.last_failure, expired.message)
            return self._outcome(OutcomeKind.LOST, TaskState.FAILED, failure)
        return self._outcome(OutcomeKind.LOST, TaskState.PENDING, expired)

    def buried(self, kind: OutcomeKind = OutcomeKind.DEAD) -> Outcome:
        """A dead letter, because it cannot be decoded. What cannot be read stays as it is stored."""
        assert self.undecodable is not None
        failure = None if "last_failure" in self.undecodable else self.last_failure
        return self._outcome(kind, TaskState.FAILED, failure, has_run=False)

    def honouring_cancel(self, outcome: Outcome) -> Outcome:
        return outcome.honouring_cancel() if self.is_cancel_requested else outcome

    def attempts_allowed(self, policy: RetryPolicy) -> int:
        return self.max_attempts or policy.max_attempts

    def deliveries_allowed(self, otherwise: MaxDeliveries) -> int:
        """How many crashes end the task: its own limit, or what is said where it has none."""
        if self.max_deliveries is not None:
            return self.max_deliveries
        return otherwise if isinstance(otherwise, int) else otherwise(self)

    def unrecorded_end(self, fence: int) -> OutcomeKind | None:
        """How the claim of that fence ended, of which there is no record: it ran nothing. None if that is not known."""
        return unrecorded_end(self.state) if fence == self.fence else None

    def _outcome(
        self,
        kind: OutcomeKind,
        state: TaskState,
        failure: Failure | None = None,
        delay: float | None = None,
        has_run: bool = True,
    ) -> Outcome:
        return Outcome(self.id, self.fence, kind, state, failure=failure, delay=delay, has_run=has_run)


MaxDeliveries = int | Callable[[Task], int]
"""How many crashes end a task that brings no limit of its own: a number, or what tells it for a task."""
