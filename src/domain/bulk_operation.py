"""An action on every task that a query finds: first a plan, then an operation that can be stopped and resumed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from backstage.domain.bulk_action import BulkAction
from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.task import Task
from backstage.domain.task_search import TaskSearch

PLAN_HOLDS_FOR = timedelta(hours=1)
OPERATION_KEPT_FOR = timedelta(days=30)
DRIVEN_FOR = timedelta(seconds=15)
"""Whoever drives an operation says so with each step; after so long without a word, another may go on with it."""
DEFAULT_RATE = 200.0
"""Tasks per second."""
EVERY_TASK = "type:*"
"""The query to write where every task is meant."""
EMPTY_QUERY = f"is empty, which would mean every task: write {EVERY_TASK} if you mean every task"
"""Why a command or a request does nothing: a variable that was not set is the likelier cause."""


class BulkState(StrEnum):
    """How far a bulk operation is: PLANNED until it is started, then RUNNING until it is DONE or was STOPPED."""

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkPlan:
    """What an operation would do. `sample` are the first tasks, the newest; `oldest` is when the oldest one that was
    looked at was created. `count` is exact only if `is_exact`; all that match are meant in any case."""

    digest: str
    """Starts the operation."""
    action: BulkAction
    query: str
    count: int
    is_exact: bool
    sample: tuple[Task, ...]
    oldest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOperation:
    """`done` tasks were changed so far and `failed` could not be, of about `total`. Tasks that were created after the
    plan was made are left alone."""

    id: str
    """The plan's digest."""
    action: BulkAction
    query: str
    state: BulkState
    total: int
    done: int = 0
    failed: int = 0
    problem: str = ""
    """Why the last of those that failed could not be changed."""
    planned_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    started_by: str = ""
    rate: float = DEFAULT_RATE
    """Tasks per second, at most."""
    position: str | None = None
    """The id down to which all tasks have been seen to."""
    step: tuple[tuple[str, int], ...] = ()
    """The ids and versions of the tasks that are being changed: should the driver die, the next one looks at them."""
    step_ends_at: str | None = None
    """The position after the step."""
    driver: str = ""
    driven_until: datetime | None = None
    version: int = 1

    @property
    def search(self) -> TaskSearch:
        """Ages in the query count from the plan. Only tasks in a state that the action can change are looked for."""
        search = TaskSearch.parse(self.query, self.planned_at)
        wanted = [word for word in sorted(self.action.states) if search.is_of_state(word)]
        if any(term.name == "state" and not term.is_excluding for term in search.terms) or not wanted:
            return search
        return TaskSearch.parse(f"{search} {' '.join(f'state:{word}' for word in wanted)}", self.planned_at)

    def is_about(self, task: Task) -> bool:
        return task.created_at <= self.planned_at and task.state in self.action.states

    def holds(self, now: datetime) -> bool:
        """Whether a plan may still be started."""
        return self.state is BulkState.PLANNED and now < self.planned_at + PLAN_HOLDS_FOR

    def is_outdated(self, now: datetime) -> bool:
        """Whether nobody needs it any more."""
        if self.state is BulkState.PLANNED:
            return not self.holds(now)
        return self.ended_at is not None and self.ended_at + OPERATION_KEPT_FOR < now

    def is_driven(self, now: datetime, but_by: str = "") -> bool:
        return self.driven_until is not None and now < self.driven_until and self.driver != but_by

    def of_about(self, total: int) -> BulkOperation:
        return replace(self, total=total)

    # -- moves -----------------------------------------------------------------------------------

    def started(self, by: str, rate: float, now: datetime) -> BulkOperation:
        return self._next(state=BulkState.RUNNING, started_by=by, rate=rate, started_at=now)

    def driven(self, driver: str, now: datetime) -> BulkOperation:
        return self._next(driver=driver, driven_until=now + DRIVEN_FOR)

    def about_to_change(self, tasks: Iterable[Task], position: str | None) -> BulkOperation:
        """With the step that comes next, after which it goes on from the position."""
        return replace(self, step=tuple((task.id, task.version) for task in tasks), step_ends_at=position)

    def left(self) -> BulkOperation:
        """Anybody may go on with it at once."""
        return self._next(driver="", driven_until=None)

    def advanced(self, done: int, failed: int, problem: str, now: datetime) -> BulkOperation:
        """After its step. It is done when there is no position to go on from."""
        position = self.step_ends_at
        moved = self if position else self.ended(BulkState.DONE, now)
        return replace(moved.counted(done, failed, problem), position=position, version=self.version + 1)

    def counted(self, done: int, failed: int, problem: str) -> BulkOperation:
        """With what its step has changed, whatever has become of the operation meanwhile."""
        done, failed, problem = self.done + done, self.failed + failed, problem or self.problem
        return self._next(done=done, failed=failed, problem=problem, step=(), step_ends_at=None)

    def ended(self, state: BulkState, now: datetime) -> BulkOperation:
        return self._next(state=state, ended_at=now, driver="", driven_until=None)

    def _next(self, **changes: object) -> BulkOperation:
        return replace(self, version=self.version + 1, **changes)  # type: ignore[arg-type]


def digest_of_plan(action: BulkAction, query: str, now: datetime) -> str:
    return hashlib.sha256(f"{action}\n{query}\n{now.isoformat()}".encode()).hexdigest()[:16]
