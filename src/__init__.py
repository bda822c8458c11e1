"""Durable background tasks: stored, leased to one worker at a time, run at least once, ended exactly once.

The public names are imported when they are first used, so that light commands start fast.

PYTEST_DONT_REWRITE: pytest would warn of this package where it was imported before pytest began.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backstage.app.enqueue_task import EnqueueTask as EnqueueTask
    from backstage.domain.backoff import Backoff as Backoff
    from backstage.domain.cron_task import CronTask as CronTask
    from backstage.domain.dedupe import Dedupe as Dedupe
    from backstage.domain.handler_signals import GiveUp as GiveUp
    from backstage.domain.handler_signals import RetryLater as RetryLater
    from backstage.domain.next import Next as Next
    from backstage.domain.priority import Priority as Priority
    from backstage.domain.queue import Queue as Queue
    from backstage.domain.task_result import TaskResult as TaskResult
    from backstage.infra.container import Container as Container
    from backstage.integrations.blocking_container import BlockingContainer as BlockingContainer
    from backstage.worker.handling.context import TaskContext as TaskContext
    from backstage.worker.handling.handler import TaskHandlerRegistration as TaskHandlerRegistration
    from backstage.worker.handling.handler import handler as handler
    from backstage.worker.handling.listener import listener as listener
    from backstage.worker.handling.receiver import receiver as receiver
    from backstage.worker.hosting.broadcast import Broadcast as Broadcast
    from backstage.worker.hosting.scheduler import Scheduler as Scheduler
    from backstage.worker.hosting.worker import Worker as Worker
    from backstage.worker.hosting.worker_service import WorkerService as WorkerService

_HOMES = {
    "Worker": "worker.hosting.worker",
    "WorkerService": "worker.hosting.worker_service",
    "Container": "infra.container",
    "BlockingContainer": "integrations.blocking_container",
    "Priority": "domain.priority",
    "Queue": "domain.queue",
    "Backoff": "domain.backoff",
    "Dedupe": "domain.dedupe",
    "Next": "domain.next",
    "TaskContext": "worker.handling.context",
    "TaskResult": "domain.task_result",
    "TaskHandlerRegistration": "worker.handling.handler",
    "EnqueueTask": "app.enqueue_task",
    "Scheduler": "worker.hosting.scheduler",
    "CronTask": "domain.cron_task",
    "Broadcast": "worker.hosting.broadcast",
    "RetryLater": "domain.handler_signals",
    "GiveUp": "domain.handler_signals",
    "handler": "worker.handling.handler",
    "listener": "worker.handling.listener",
    "receiver": "worker.handling.receiver",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'backstage' has no attribute {name!r}")
    return getattr(import_module(f"backstage.{_HOMES[name]}"), name)
