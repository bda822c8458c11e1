"""The composition root of an application: the parts of a store, and the worker that runs on them."""

from __future__ import annotations

from backstage.infra.composition import Composition
from backstage.infra.deferred_wiring import deferred_wiring
from backstage.worker.hosting.worker import Worker
from backstage.worker.hosting.worker_service import WorkerService

with deferred_wiring():
    from dependency_injector import providers


class CompositionRoot(Composition):
    """Everything that an application holds, as a dependency-injector container.

    `backstage` is the Container with the use cases. `worker` and `service` make a new one at each call, over the same
    store, clock and log. Each other part is made once, when it is first asked for. An application adds providers of
    its own in a subclass, and overrides what it wants to decide: `CompositionRoot(clock=FakeClock())`.
    """

    worker = providers.Factory(Worker, container=Composition.backstage)
    service = providers.Factory(WorkerService, container=Composition.backstage)
