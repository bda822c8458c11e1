from __future__ import annotations

from collections.abc import Sequence

from backstage.domain.subscription import DELIVERY_QUEUE, Subscription
from backstage.worker.worker_options import WorkerOptions


def queue_ranks(options: WorkerOptions, own: Sequence[Subscription]) -> dict[str, int] | None:
    """Queue to rank, None for all queues. Deliveries to the worker's own subscriptions are served beside its best
    queue, whatever queues it is restricted to."""
    ranks = {name: queue.priority for name, queue in options.queues.items()}
    if ranks and own:
        ranks[DELIVERY_QUEUE] = max(ranks.values())
    return ranks or None
