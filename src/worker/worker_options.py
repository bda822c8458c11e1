"""How a worker runs: every duration in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from backstage.domain.queue import Queue
from backstage.domain.retention import Retention
from backstage.domain.retry_policy import RetryPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """`queues` maps a queue's name to its options; empty serves every queue. `types` are globs that narrow the
    handlers this worker serves; empty serves all it has."""

    worker_id: str
    store: str = ""
    """The URL of its store without passwords, and `version` that of Backstage: for the log."""
    version: str = ""
    concurrency: int = 10
    prefetch: int | None = None
    """Tasks claimed beyond the free slots, waiting here for one. None: as many as will soon find one."""
    queues: Mapping[str, Queue] = field(default_factory=dict)
    types: tuple[str, ...] = ()
    lease: float = 30.0
    poll_interval: float = 1.0
    reclaim_interval: float = 10.0
    control_interval: float = 0.5
    """How soon a running task learns that somebody asked to cancel it, or that its lease is lost."""
    grace_period: float = 30.0
    max_deliveries: int = 5
    timeout: float | None = 300.0
    soft_timeout: float | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    retention: tuple[Retention, ...] = ()
    prune_interval: float = 60.0
    schedule_interval: float = 10.0
    """The longest that a scheduler sleeps before it looks for changed schedules."""
    subscription_interval: float = 5.0
    """The longest until a subscription that was made or removed elsewhere counts here."""
    stuck_after: float = 60.0
    """How long a store that is no longer the one that was opened is borne."""
    may_migrate: bool = True
    """Whether tables of the store that are gone may be made again."""
    is_until_idle: bool = False
