"""A worker's runtime from what a Worker or a processor has gathered."""

from __future__ import annotations

from collections.abc import Sequence

from backstage.domain.cron_task import CronTask
from backstage.domain.subscription import Subscription
from backstage.infra.container import Container
from backstage.worker.handling.handler_registry import HandlerRegistry
from backstage.worker.handling.handler_store import StoreOnLoop
from backstage.worker.handling.middleware import Middleware
from backstage.worker.handling.receiver import Receivers
from backstage.worker.hosting.child_store import child_setup
from backstage.worker.hosting.whole_program import load_whole_program
from backstage.worker.middleware.logging import logging
from backstage.worker.middleware.recovery import recovery
from backstage.worker.middleware.spans import spans
from backstage.worker.runtime.runtime import WorkerRuntime
from backstage.worker.watching.measured_queue import StoreLatencies
from backstage.worker.watching.metrics import WorkerMetrics
from backstage.worker.worker_options import WorkerOptions


def new_runtime(
    container: Container,
    registry: HandlerRegistry,
    options: WorkerOptions,
    counts: WorkerMetrics,
    latencies: StoreLatencies | None = None,
    *,
    middlewares: Sequence[Middleware] = (),
    schedules: Sequence[CronTask] = (),
    receivers: Receivers | None = None,
    subscriptions: Sequence[Subscription] = (),
) -> WorkerRuntime:
    """`middlewares` come inside the built-in ones."""
    load_whole_program(type(container.backend).__module__.rpartition(".")[0])
    is_debugging = container.settings.log_level == "debug"
    return WorkerRuntime(
        container,
        registry,
        options,
        container.chance,
        container.logger,
        middlewares=(
            *((spans(container.trace),) if container.trace else ()),
            recovery,
            *((logging,) if is_debugging else ()),
            *middlewares,
        ),
        metrics=counts,
        latencies=latencies,
        schedules=schedules,
        receivers=receivers,
        subscriptions=subscriptions,
        store=StoreOnLoop(container),
        child_setup=child_setup(container.settings),
    )
