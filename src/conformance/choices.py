"""What the state machine may choose from: few of everything, so that its steps meet each other often."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from backstage.conformance.trial import BROKEN
from backstage.domain.backoff import Backoff
from backstage.domain.dedupe import Dedupe
from backstage.domain.outcome import Outcome
from backstage.domain.retention import Retention
from backstage.domain.retry_policy import RetryPolicy
from backstage.domain.task import Task
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import FINAL_STATES, TaskState
from backstage.testing.fake_clock import FakeClock

WORKERS = ("w1", "w2")
POLICY = RetryPolicy(max_attempts=2, backoff=Backoff.fixed(3.0))

ENDS: dict[str, Callable[[Task], Outcome]] = {
    "complete": lambda task: task.completed('"done"'),
    "fail": lambda task: task.failed(BROKEN, POLICY, 0.0),
    "give up": lambda task: task.gave_up(BROKEN),
    "snooze": lambda task: task.snoozed(4.0),
    "release": lambda task: task.released(),
    "cancel": lambda task: task.cancelled(),
    "release before it began": lambda task: task.released(has_run=False),
    "cancel before it began": lambda task: task.cancelled(has_run=False),
}
MOVES: dict[str, Callable[[Task, FakeClock], Task]] = {
    "cancel": lambda task, clock: task.cancel(clock.now()),
    "retry": lambda task, clock: task.retry(clock.now()),
    "prioritise": lambda task, clock: task.prioritised(7 - task.priority),
    "move": lambda task, clock: task.moved_to("x" if task.queue == "y" else "y"),
    "retry afresh": lambda task, clock: task.retry_afresh(clock.now()),
}

QUEUE_OF_SCHEDULE = {"s1": "x", "s2": "y"}

queues = st.sampled_from(["x", "y"])
schedules = st.sampled_from(list(QUEUE_OF_SCHEDULE))
types = st.sampled_from(["a", "b"])
workers = st.sampled_from(WORKERS)
ends = st.sampled_from(list(ENDS))
moves = st.sampled_from(list(MOVES))
pauses = st.one_of(st.tuples(st.just("queue"), queues), st.tuples(st.just("type"), types))

picks = st.integers(0, 63)
"""Which of the tasks or claims there are, counted round."""

leases = st.sampled_from([5.5, 20.5])
"""Halves, beside a clock that moves by whole seconds and a little: no lease ends at the very moment it is asked for."""

task_fields = st.fixed_dictionaries(
    {
        "queue": queues,
        "type": types,
        "payload_version": st.sampled_from([1, 1, 2]),
        "priority": st.integers(-1, 1),
        "delay": st.sampled_from([0.0, 0.0, 2.0, 10.0]),
        "dedupe": st.none() | st.builds(Dedupe, st.sampled_from(["k1", "k2"]), st.sampled_from([None, None, 8.5])),
        "max_attempts": st.sampled_from([None, 1, 3]),
        "max_deliveries": st.sampled_from([None, None, 2]),
    }
)
claim_fields = st.fixed_dictionaries(
    {
        "worker_id": workers,
        "limit": st.integers(1, 4),
        "lease": leases,
        "types": st.sampled_from([frozenset({"a", "b", "a@2", "b@2"}), frozenset({"a", "b"})]),
        "queues": st.sampled_from([None, {"x": 1, "y": 2}]),
    }
)
narrow_claim_fields = st.fixed_dictionaries(
    {
        "worker_id": workers,
        "limit": st.integers(1, 4),
        "lease": leases,
        "types": st.sampled_from([frozenset({"a"}), frozenset({"b@2", "c"}), frozenset({"c"})]),
        "queues": st.sampled_from([None, {"y": 3}, {"x": 0, "y": 0}, {"z": 1}]),
    }
)
queries = st.builds(
    TaskQuery,
    states=st.frozensets(st.sampled_from(TaskState), max_size=3),
    queue=st.none() | queues,
    type=st.none() | types,
    limit=st.integers(1, 5),
)
retentions = st.sampled_from(
    [
        Retention(state=state, max_age=max_age, keep_last=keep_last, queue=queue, except_queues=others)
        for state in sorted(FINAL_STATES)
        for max_age, keep_last in ((5.5, None), (None, 1), (5.5, 2), (None, 0))
        for queue, others in ((None, frozenset[str]()), ("x", frozenset[str]()), (None, frozenset({"x"})))
    ]
)
