"""What a worker's application declares: what it runs, and what wraps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from backstage.domain.cron_task import CronTask
from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.ports.task_queue import ClaimRequest
from backstage.domain.subscription import DELIVERY_QUEUE, Subscription
from backstage.domain.worker_info import EVERY_TYPE
from backstage.worker.handling.handler_registry import HandlerRegistry
from backstage.worker.handling.middleware import Middleware
from backstage.worker.handling.receiver import Receivers
from backstage.worker.worker_options import WorkerOptions


@dataclass(frozen=True, slots=True)
class Declared:
    handlers: HandlerRegistry
    middlewares: Sequence[Middleware] = ()
    """The first is the outermost."""
    schedules: Sequence[CronTask] = ()
    receivers: Receivers = field(default_factory=Receivers)
    subscriptions: Sequence[Subscription] = ()
    resource_modules: Sequence[str] = ()
    """Those that open something in each process that runs handlers."""

    def request(self, options: WorkerOptions) -> ClaimRequest:
        """How the worker claims, with no room yet."""
        return ClaimRequest(
            worker_id=options.worker_id,
            types=self._types(options),
            queues=queue_ranks(options, self.subscriptions),
            limit=0,
            lease=options.lease,
            whole_queue=next(iter(options.queues)) if self.handlers.has_any else None,
        )

    def served_types(self, options: WorkerOptions) -> frozenset[str]:
        """With EVERY_TYPE, where a handler takes any."""
        types = self._types(options)
        return types | {EVERY_TYPE} if self.handlers.has_any else types

    def _types(self, options: WorkerOptions) -> frozenset[str]:
        return self.handlers.types(options.types) | {each.delivery_type for each in self.subscriptions}


def queue_ranks(options: WorkerOptions, own: Sequence[Subscription]) -> dict[str, int] | None:
    """Queue to rank, None for all queues. Deliveries to the worker's own subscriptions are served beside its best
    queue, whatever queues it is restricted to."""
    ranks = {name: queue.priority for name, queue in options.queues.items()}
    if ranks and own:
        ranks[DELIVERY_QUEUE] = max(ranks.values())
    return ranks or None
