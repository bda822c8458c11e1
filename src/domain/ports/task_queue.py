from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.outcome import Outcome
from backstage.domain.task import MaxDeliveries, Task
from backstage.domain.task_state import TaskState


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRequest:
    """Who claims what. `types` are exact: names, each with the version of its payload as in `Task.lane_type`. `queues`
    maps a name to its rank (higher first); None is every queue, all of rank 0. Of `whole_queue`, one of those that are
    named, every type is claimed. `lease` is seconds."""

    worker_id: str
    types: frozenset[str]
    queues: Mapping[str, int] | None
    limit: int
    lease: float
    whole_queue: str | None = None

    def serves(self, queue: str, type: str) -> bool:
        return (type in self.types or queue == self.whole_queue) and (self.queues is None or queue in self.queues)


@dataclass(frozen=True, slots=True)
class Claimed:
    """`tasks` best first: queue rank, priority, due time, id. When there were fewer than asked for, `next_due_in`
    is the seconds until some pending task becomes due (perhaps one this worker does not serve), None if none will."""

    tasks: tuple[Task, ...]
    next_due_in: float | None
    undecodable: tuple[Task, ...] = ()
    """Those that were due and cannot be decoded, as they were found: they are dead letters now."""


@dataclass(frozen=True, slots=True)
class LeaseReport:
    """What the store says of tasks a worker believes to hold: ids of those it no longer holds, and of those
    somebody asked to cancel."""

    lost: frozenset[str]
    cancel_requested: frozenset[str]


NextTasksOf = Callable[[Task, Outcome], tuple[Task, ...]]
"""What is to be stored in the step that ends the claim of a task so. May be called in any thread, and again for a step
that is tried again."""


class TaskQueue(Protocol):
    """Tasks as the worker sees them. Safe to call from any thread's event loop.

    Every method raises StorageUnavailableError when the store cannot answer. Time is the store's own clock.
    The provider terms of other systems map so: fetch = claim, ack = settle(completed), nack = settle(released or
    failed), close = the backend's close.
    """

    async def claim(self, request: ClaimRequest) -> Claimed:
        """Make the entity's `claim` move on due tasks, atomically: no two claims get one task.

        Queues and types that are paused give nothing. All payloads together are at most MOST_BYTES (one task may exceed
        that, alone): what is left over is due at once, so `next_due_in` is 0 or little more.
        A task that cannot be decoded becomes a dead letter in the same step, and its neighbours are claimed.
        """
        ...

    async def held_by(self, worker_id: str) -> list[Task]:
        """The tasks leased to the worker: how it finds those of a claim whose reply was lost. One that cannot be
        decoded is left out, for its lease to run out."""
        ...

    async def settle(self, outcomes: Sequence[Outcome]) -> list[TaskState | None]:
        """Apply each outcome with its attempt record, if the claim has run, and its next tasks, in one atomic step.

        One answer per outcome, in order: the state the task is in now, or None if the store refused because the
        fence is stale. An outcome that was applied before (its reply was lost) is answered as it was then.
        """
        ...

    async def renew(self, fences: Mapping[str, int], lease: float) -> LeaseReport:
        """Extend the leases of the tasks (id -> fence) to `lease` seconds from now."""
        ...

    async def inspect(self, fences: Mapping[str, int]) -> LeaseReport:
        """The same answer as `renew`, without extending anything."""
        ...

    async def report_progress(self, task_id: str, fence: int, progress: float, note: str | None) -> bool:
        """Record how far the task is (0 to 1); False if the fence is stale."""
        ...

    async def reclaim(
        self, max_deliveries: MaxDeliveries, limit: int, next_tasks_of: NextTasksOf | None = None
    ) -> list[tuple[Task, Outcome]]:
        """Take back at most `limit` tasks whose lease ran out, making the entity's `lost` outcome on each; fewer, where
        their payloads together exceed about MOST_BYTES.

        Returns each task as it is now, with the outcome. Any number of workers may call it at once. What
        `next_tasks_of` returns for a task that still runs and its outcome becomes the outcome's next tasks.
        """
        ...

    async def is_idle(self, types: frozenset[str] | None, queues: frozenset[str] | None) -> bool:
        """Whether no task of these types and queues (None: all) is running, due, waiting for a retry or a snooze, or
        scheduled for later as a step of another task's workflow.

        Paused ones do not count, nor do tasks that somebody scheduled for later and that have never run.
        """
        ...
