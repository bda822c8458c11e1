"""Everything that the journal says, in plain dicts; the ports hold `lock` while they touch it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from backstage import (
    Attempt,
    AuditEntry,
    BulkOperation,
    Duplicate,
    Pause,
    StorageFullError,
    Subscription,
    Task,
    TaskState,
    Token,
)
from backstage.ports import (
    AUDIT_KEPT_FOR,
    KEPT_AT_MOST,
    KEPT_FOR,
    LIVE_STATES,
    Clock,
    Count,
    Hint,
    first_audit_id,
)
from examples.journal.journal import Journal
from examples.journal.step import KeptMessage, KeptSchedule, KeptToken, Step

Lane = tuple[str, str, TaskState]


class Store:
    """The state, and how it changes: by `change` within `step`, which becomes one line of the journal."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.wakers: list[Callable[[], None]] = []
        self.called: dict[str, Callable[[Hint], None]] = {}  # a subscriber's name -> what gives it a hint
        self.result_ends: dict[
            str, datetime
        ] = {}  # of this process alone: later ones keep the results with their tasks
        self._journal = Journal(path)
        self._forget()

    def _forget(self) -> None:
        self.tasks: dict[str, Task] = {}
        self.attempts: dict[str, list[Attempt]] = {}
        self.lease_ends: dict[str, float] = {}  # on the monotonic clock; no step has them, for no lease outlives us
        self.counts: Counter[Lane] = Counter()
        self.pruned: Counter[Lane] = Counter()
        self.pauses: dict[tuple[str, str], Pause] = {}
        self.schedules: dict[str, KeptSchedule] = {}
        self.messages: dict[str, KeptMessage] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.audit: dict[str, AuditEntry] = {}
        self.bulk: dict[str, BulkOperation] = {}
        self.tokens: dict[str, Token] = {}
        """By the digest of the secret."""
        self._keys: dict[tuple[str, str], str] = {}
        self._step = Step()

    def open(self) -> None:
        """Read the journal, and write it anew without what is over: that is what bounds it. Nothing if it is open."""
        if self._journal.is_open:
            return
        self._journal.open()
        self._read()
        with suppress(StorageFullError):  # there is no hurry
            self._journal.replace(self._everything())

    def close(self) -> None:
        self._journal.close()

    # -- changing --------------------------------------------------------------------------------

    @contextmanager
    def step(self) -> Iterator[None]:
        """What is changed in the block is kept as a whole, and the waiters are woken; an error undoes it."""
        with self.lock:
            leases = dict(self.lease_ends)
            try:
                yield
                if self._step != Step():
                    self._journal.append(self._step)
            except BaseException:
                if self._step != Step():
                    self._read()
                    self.lease_ends = leases
                raise
            if self._step != Step():
                self._step = Step()
                for waker in list(self.wakers):
                    waker()

    def change(self, **changes: list[Any]) -> None:
        """Change the state at once; `changes` are fields of Step."""
        self._apply(Step(**changes))
        for name, values in changes.items():
            setattr(self._step, name, getattr(self._step, name) + values)

    def add(self, task: Task) -> Duplicate | None:
        """Store a new task; one whose id is stored, or whose key is held, is left out."""
        if task.id in self.tasks:
            return None
        holder = self.holder(task)
        if holder is not None and task.dedupe is not None:
            return Duplicate(holder, task.dedupe.key)
        self.put(task)
        return None

    def put(self, task: Task) -> None:
        """Store the task in place of its former self. Its key follows its state, unless another task holds it."""
        self.change(tasks=[task])
        if task.dedupe is not None:
            key = (task.queue, task.dedupe.key)
            if self._holds_its_key(task):
                if self.holder(task) is None:
                    self.change(keys=[(*key, task.id)])
            elif self._keys.get(key) == task.id:
                self.change(keys=[(*key, None)])

    def holder(self, task: Task) -> str | None:
        """The id of the task that holds this task's key now, if any does."""
        holder = self.tasks.get(self._keys.get((task.queue, task.dedupe.key), "")) if task.dedupe else None
        return holder.id if holder is not None and self._holds_its_key(holder) else None

    def _holds_its_key(self, task: Task) -> bool:
        assert task.dedupe is not None
        if task.state is TaskState.CANCELLED:
            return False
        if task.dedupe.ttl is None:
            return task.state in LIVE_STATES
        return self.clock.now() < task.created_at + timedelta(seconds=task.dedupe.ttl)

    # -- applying --------------------------------------------------------------------------------

    def _read(self) -> None:
        self._forget()
        for step in self._journal.steps():
            self._apply(step)

    def _apply(self, step: Step) -> None:
        for task in step.tasks:
            self._apply_task(task)
        for attempt in step.attempts:
            self.attempts.setdefault(attempt.task_id, []).append(attempt)
        for queue, key, holder in step.keys:
            if holder is None:
                self._keys.pop((queue, key), None)
            else:
                self._keys[queue, key] = holder
        for id_ in step.pruned:
            self.pruned[_lane(self.tasks.pop(id_))] += 1
            self.attempts.pop(id_, None)
        for count in step.pruned_counts:
            more = max(0, count.pruned - self.pruned[_lane(count)])
            self.pruned[_lane(count)] += more
            self.counts[_lane(count)] += more
        self.pauses |= {(pause.kind, pause.name): pause for pause in step.pauses}
        for pause_key in step.resumed:
            self.pauses.pop(pause_key, None)
        self.schedules |= {schedule.name: schedule for schedule in step.schedules}
        for name in step.deleted_schedules:
            self.schedules.pop(name, None)
        for kept in step.messages:
            self.messages[kept.message.id] = kept
            self._forget_old_messages()
        self.subscriptions |= {subscription.name: subscription for subscription in step.subscriptions}
        for name in step.deleted_subscriptions:
            self.subscriptions.pop(name, None)
        self.audit |= {entry.id: entry for entry in step.audit}
        self._apply_to_people(step)

    def _apply_to_people(self, step: Step) -> None:
        """What people may do, and what they began to do."""
        self.bulk |= {operation.id: operation for operation in step.bulk}
        for operation_id in step.deleted_bulk:
            self.bulk.pop(operation_id, None)
        self.tokens |= {kept.digest: kept.token for kept in step.tokens}
        for digest in step.deleted_tokens:
            self.tokens.pop(digest, None)

    def kept_audit(self) -> list[AuditEntry]:
        """The entries of the audit log that are not too old."""
        first = first_audit_id(self.clock.now() - AUDIT_KEPT_FOR)
        return [entry for entry in self.audit.values() if entry.id >= first]

    def _apply_task(self, task: Task) -> None:
        if task.id in self.tasks:
            self.counts[_lane(self.tasks[task.id])] -= 1
        self.counts[_lane(task)] += 1
        self.tasks[task.id] = task
        if task.state is TaskState.RUNNING:
            self.lease_ends.setdefault(task.id, float("-inf"))
        else:
            self.lease_ends.pop(task.id, None)

    def _forget_old_messages(self) -> None:
        """Of the old ones the newest stays, so that its number is not given again."""
        kept = iter(list(self.messages.values())[:-1])
        for each in kept:
            if len(self.messages) <= KEPT_AT_MOST and each.stored_at >= self.oldest_message():
                return
            del self.messages[each.message.id]

    def oldest_message(self) -> datetime:
        """Messages that were stored before that moment are too old to be given."""
        return self.clock.now() - timedelta(seconds=KEPT_FOR)

    def _everything(self) -> Step:
        pruned = [Count(*lane, tasks=number, pruned=number) for lane, number in self.pruned.items()]
        return Step(
            tasks=list(self.tasks.values()),
            attempts=[attempt for attempts in self.attempts.values() for attempt in attempts],
            keys=[(*key, holder) for key, holder in self._keys.items() if holder in self.tasks],
            pruned_counts=pruned,
            pauses=list(self.pauses.values()),
            schedules=list(self.schedules.values()),
            messages=list(self.messages.values()),
            subscriptions=list(self.subscriptions.values()),
            audit=self.kept_audit(),
            bulk=list(self.bulk.values()),
            tokens=[KeptToken(digest, token) for digest, token in self.tokens.items()],
        )


def _lane(counted: Task | Count) -> Lane:
    type_ = counted.lane_type if isinstance(counted, Task) else counted.type
    return counted.queue, type_, counted.state
