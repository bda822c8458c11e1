"""How a worker runs: every duration in seconds."""

from __future__ import annotations

from collections.abc import Mapping

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.queue import Queue
from backstage.domain.retention import Retention
from backstage.domain.retry_policy import RetryPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """`queues` maps a queue's name to its options; empty serves every queue. `types` are globs that narrow the
    handlers this worker serves; empty serves all it has. There are no defaults here: they are those of Settings, and a
    field of the same name is taken from there."""

    worker_id: str
    store: str
    """The URL of its store without passwords, and `version` that of Backstage: for the log."""
    version: str
    concurrency: int
    prefetch: int | None
    """Tasks claimed beyond the free slots, waiting here for one. None: as many as will soon find one."""
    queues: Mapping[str, Queue]
    types: tuple[str, ...]
    lease: float
    poll_interval: float
    reclaim_interval: float
    control_interval: float
    """How soon a running task learns that somebody asked to cancel it, or that its lease is lost."""
    grace_period: float
    max_deliveries: int
    timeout: float | None
    soft_timeout: float | None
    retry: RetryPolicy
    retention: tuple[Retention, ...]
    prune_interval: float
    keep_events_for: float
    """How long after the end of a task those who follow it can still read what it has told."""
    schedule_interval: float
    """The longest that a scheduler sleeps before it looks for changed schedules."""
    subscription_interval: float
    """The longest until a subscription that was made or removed elsewhere counts here."""
    stuck_after: float
    """How long a store that is no longer the one that was opened is borne."""
    may_migrate: bool
    """Whether tables of the store that are gone may be made again."""
    is_until_idle: bool
