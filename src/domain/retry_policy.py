"""How often a task may run and how long it waits between."""

from __future__ import annotations

from backstage.domain.backoff import DEFAULT_BACKOFF, Backoff
from backstage.domain.deferred_dataclass import dataclass

DEFAULT_MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The limits of a worker, a queue or a handler; what the task itself states wins over them."""

    max_attempts: int = DEFAULT_MAX_ATTEMPTS
    backoff: Backoff = DEFAULT_BACKOFF
