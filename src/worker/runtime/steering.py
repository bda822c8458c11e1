"""Does what is asked of this worker by the answers to its beats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backstage.domain.ports.clock import Clock
from backstage.domain.ports.worker_registry import WorkerRegistry
from backstage.domain.worker_order import BeatAnswer, WorkerOrder, WorkerStacks
from backstage.worker import log_events
from backstage.worker.runtime.slots import Slots
from backstage.worker.watching.stacks import stacks_text


class Steering:
    """An order holds until another comes, so an answer that got lost is made up for by the next."""

    def __init__(
        self,
        worker_id: str,
        registry: WorkerRegistry,
        slots: Slots,
        stop: Callable[[], None],
        clock: Clock,
        logger: Any,
    ) -> None:
        self._worker_id, self._registry, self._slots = worker_id, registry, slots
        self._stop, self._clock, self._logger = stop, clock, logger
        self._order = WorkerOrder.WORK

    async def obey(self, answer: BeatAnswer) -> bool:
        """Return whether the worker's state is another now, which others want to see."""
        has_changed = answer.order is not self._order
        if has_changed:
            self._turn_to(answer.order)
        if answer.stacks_request is not None:
            stacks = WorkerStacks(answer.stacks_request, self._clock.now(), stacks_text())
            await self._registry.put_stacks(self._worker_id, stacks)
        return has_changed

    def _turn_to(self, order: WorkerOrder) -> None:
        self._order = order
        self._logger.info(log_events.WORKER_ORDERED, worker_id=self._worker_id, order=str(order))
        if order is WorkerOrder.STOP:
            self._stop()
        elif order is WorkerOrder.QUIET:
            self._slots.be_quiet()
        else:
            self._slots.claim_again()
