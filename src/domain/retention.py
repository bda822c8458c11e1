"""Which finished tasks may be deleted."""

from __future__ import annotations

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.limits import check_seconds
from backstage.domain.task_state import FINAL_STATES, TaskState


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Which finished tasks `prune_tasks` deletes.

    Those in `state` that ended more than `max_age` seconds ago, or that are beyond the `keep_last` newest of their
    queue; with both, either reason is enough. `queue` None means each queue by itself, except `except_queues`.
    """

    state: TaskState
    max_age: float | None = None
    keep_last: int | None = None
    queue: str | None = None
    except_queues: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.state not in FINAL_STATES:
            raise InvalidTaskDataError.of("retention.state", f"{self.state} is not a final state")
        if self.max_age is not None:
            check_seconds("retention.max_age", self.max_age)
        if self.keep_last is not None and self.keep_last < 0:
            raise InvalidTaskDataError.of("retention.keep_last", "must be 0 or more")
        if self.max_age is None and self.keep_last is None:
            raise InvalidTaskDataError.of("retention", "needs max_age, keep_last or both")

    def is_about(self, queue: str) -> bool:
        return self.queue in (None, queue) and queue not in self.except_queues
