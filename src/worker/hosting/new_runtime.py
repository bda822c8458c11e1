"""A worker's runtime from what a Worker or a processor has gathered."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from backstage.infra.container import Container
from backstage.worker.handling.handler_store import StoreOnLoop
from backstage.worker.hosting.child_store import child_setup
from backstage.worker.hosting.whole_program import load_whole_program
from backstage.worker.middleware.logging import logging
from backstage.worker.middleware.recovery import recovery
from backstage.worker.middleware.spans import spans
from backstage.worker.runtime.declared import Declared
from backstage.worker.runtime.runtime import WorkerRuntime
from backstage.worker.runtime.surroundings import Surroundings
from backstage.worker.watching.measured_queue import StoreLatencies
from backstage.worker.watching.metrics import WorkerMetrics
from backstage.worker.worker_options import WorkerOptions


def new_runtime(
    container: Container,
    declared: Declared,
    options: WorkerOptions,
    metrics: WorkerMetrics,
    latencies: StoreLatencies | None = None,
) -> WorkerRuntime:
    """The application's middlewares come inside the built-in ones."""
    is_debugging = container.settings.log_level == "debug"
    built_in = (
        *((spans(container.trace),) if container.trace else ()),
        recovery,
        *((logging,) if is_debugging else ()),
    )
    surroundings = Surroundings(
        container,
        container.chance,
        container.logger,
        handler_store=StoreOnLoop(container),
        child_setup=child_setup(container.settings, declared.resource_modules),
        metrics=metrics,
        latencies=latencies,
        load_the_rest=partial(load_whole_program, type(container.backend).__module__.rpartition(".")[0]),
    )
    return WorkerRuntime(surroundings, replace(declared, middlewares=(*built_in, *declared.middlewares)), options)
