"""A queue and the limits that its tasks have unless they bring their own."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from backstage.domain.keeping import KEEPING_FIELDS, Keeping
from backstage.domain.limits import check_attempts, check_name, check_priority, check_result_options, check_seconds

DEFAULT_QUEUE = "default"


@dataclass(frozen=True, slots=True)
class Queue:
    """Options of one queue on the workers that serve it.

    `priority` ranks the queues of one worker: tasks of a higher queue are claimed first. `soft_timeout` and
    `hard_timeout` are seconds. `max_retries` counts the runs after the first, so 0 means one attempt.
    `max_deliveries` is how many lost workers make a dead letter. `keep_result_for` is the seconds for which results are
    kept, `result_limit` the bytes of the largest. The other `keep_…` are those of Keeping, for this queue
    instead of the settings'. Raises InvalidTaskDataError.
    """

    name: str
    priority: int = 0
    soft_timeout: float | None = None
    hard_timeout: float | None = None
    max_retries: int | None = None
    _: KW_ONLY
    max_deliveries: int | None = None
    keep_result_for: float | None = None
    result_limit: int | None = None
    keep_completed: float | None = None
    keep_completed_for: float | None = None
    keep_failed: float | None = None
    keep_failed_for: float | None = None
    keep_cancelled: float | None = None
    keep_cancelled_for: float | None = None

    def __post_init__(self) -> None:
        check_name("queue", self.name)
        check_priority(self.priority)
        for field in ("soft_timeout", "hard_timeout"):
            if getattr(self, field) is not None:
                check_seconds(field, getattr(self, field), least=0.001)
        if self.max_retries is not None:
            check_attempts("max_retries", self.max_retries + 1)
        if self.max_deliveries is not None:
            check_attempts("max_deliveries", self.max_deliveries)
        check_result_options(self.keep_result_for, self.result_limit)
        _ = self.keeping  # checks them

    @property
    def keeping(self) -> Keeping:
        return Keeping(**{name: getattr(self, name) for name in KEEPING_FIELDS})

    @property
    def max_attempts(self) -> int | None:
        return None if self.max_retries is None else self.max_retries + 1
