from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from backstage.domain.ports.backend import Backend
from backstage.domain.ports.queue_control import Pause
from backstage.worker.status.event_loop_lag import LoopLag
from backstage.worker.status.store_figures import StoreFigures
from backstage.worker.status.store_reading import StoreReading
from backstage.worker.watching.measured_queue import StoreLatencies
from backstage.worker.watching.metrics import WorkerMetrics
from backstage.worker.watching.vital_signs import VitalSigns

FIGURES_KEPT_FOR = 5.0
"""Seconds: however many scrape, and however often, the store is asked once in so long."""
PROBE_KEPT_FOR = 1.0
PATIENCE = 1.0
"""Seconds that a status waits for the store: it has to be told within what a probe or a scrape allows."""


class ObservedWorker(Protocol):
    """What is read of a worker, from another thread."""

    @property
    def metrics(self) -> WorkerMetrics: ...

    def vital_signs(self) -> VitalSigns: ...

    def acknowledge_emptied_store(self) -> None: ...


class Observed:
    """A worker and its store, as its status is read from them."""

    def __init__(
        self,
        worker: ObservedWorker,
        backend: Backend,
        latencies: StoreLatencies,
        lag: LoopLag,
        home: asyncio.AbstractEventLoop,
        *,
        stuck_after: float,
    ) -> None:
        """`home` is the worker's loop; blocked for `stuck_after` seconds, the worker counts as dead."""
        self.worker, self.latencies, self.lag, self.stuck_after = worker, latencies, lag, stuck_after
        self.figures = StoreReading(
            lambda: StoreFigures.read(backend), home, kept_for=FIGURES_KEPT_FOR, patience=PATIENCE
        )
        self.probe: StoreReading[Sequence[Pause]] = StoreReading(
            backend.control.paused, home, kept_for=PROBE_KEPT_FOR, patience=PATIENCE
        )
