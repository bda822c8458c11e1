"""The processors of a service, by queue: started and stopped together."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from backstage.domain.errors import ConfigurationError
from backstage.domain.subscription import DELIVERY_QUEUE
from backstage.domain.task import Task
from backstage.worker.hosting.queue_processor import QueueProcessor, SharedDuties


class Processors:
    def __init__(self) -> None:
        self._by_queue: dict[str, QueueProcessor] = {}

    def __iter__(self) -> Iterator[QueueProcessor]:
        """In the order in which they were added."""
        return iter(self._by_queue.values())

    def add(self, processor: QueueProcessor) -> None:
        """Raises ConfigurationError for a queue that has one, and for a name that is in use."""
        queue, dead = processor.queue.name, processor.dead_letters.name
        dead_names = [each.dead_letters.name for each in self]
        if queue in self._by_queue:
            raise ConfigurationError(queue, "the queue has two processors: keep one and add all handlers to it")
        if dead in (queue, *self._by_queue, *dead_names):
            raise ConfigurationError("dead_letter_queue", f"{dead!r} is in use already: choose another name")
        if queue in dead_names:
            raise ConfigurationError(queue, "is the name of another queue's dead letters: rename those")
        self._by_queue[queue] = processor

    def get(self, queue: str) -> QueueProcessor:
        """Raises ConfigurationError for a queue that has none."""
        try:
            return self._by_queue[queue]
        except KeyError:
            known = ", ".join(self._by_queue) or "none"
            raise ConfigurationError(queue, f"no processor serves this queue; there are {known}") from None

    def check(self) -> None:
        """Raises ConfigurationError where there is none, or one without handlers."""
        if not self._by_queue:
            raise ConfigurationError("processors", "there is no processor: call register_processor before start")
        for processor in self:
            processor.check()

    async def start(self, duties: SharedDuties) -> None:
        """Return once each claims. What all need, the first one does."""
        for processor in self:
            await processor.start(duties)
            duties = SharedDuties(resource_modules=duties.resource_modules)

    def stop(self) -> None:
        for processor in self:
            processor.stop()

    def stop_now(self) -> None:
        for processor in self:
            processor.stop_now()

    async def give_back_elsewhere(self) -> None:
        """Give back what each holds, on another loop than that of this service, which is blocked."""
        await asyncio.gather(*(processor.give_back_elsewhere() for processor in self))

    def running_types(self) -> list[str]:
        return sorted({name for processor in self for name in processor.running_types()})

    async def wait(self) -> None:
        """Return once all have stopped. Raises what ended one of them, and then the others go on."""
        await asyncio.gather(*(processor.wait() for processor in self))

    async def forget(self) -> None:
        """Stop whatever runs, so that they may be started again."""
        self.stop()
        await asyncio.gather(*(processor.wait() for processor in self), return_exceptions=True)
        for processor in self:
            processor.forget()

    def runs(self, task: Task) -> bool:
        """Whether the task is one that a processor here holds."""
        return any(processor.runs(task) for processor in self)

    @property
    def types(self) -> frozenset[str]:
        return frozenset().union(*(processor.types for processor in self))

    @property
    def whole_queues(self) -> frozenset[str]:
        """Those of which every type is served."""
        return frozenset(processor.queue.name for processor in self if processor.serves_any)

    @property
    def queues(self) -> frozenset[str]:
        """Those that are served, that of the deliveries to durable listeners included."""
        return frozenset({*self._by_queue, DELIVERY_QUEUE})
