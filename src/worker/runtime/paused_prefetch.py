"""Gives back what was claimed ahead of a pause: no claim brings it any more, but it would still be begun."""

from __future__ import annotations

from backstage.domain.ports.queue_control import QUEUE, TYPE, QueueControl
from backstage.domain.task import Task
from backstage.worker.runtime.slots import Slots

LOOK_EVERY = 0.5
"""Seconds between two looks, so that a second after a pause nothing of it is begun."""


class PausedPrefetch:
    """Asks the store only while tasks wait for a slot, which is seldom without a prefetch."""

    def __init__(self, control: QueueControl, slots: Slots) -> None:
        self._control, self._slots = control, slots

    async def look(self) -> None:
        if not self._slots.waiting:
            return
        paused = {(pause.kind, pause.name) for pause in await self._control.paused()}

        def is_paused(task: Task) -> bool:
            return (QUEUE, task.queue) in paused or (TYPE, task.type) in paused

        if paused:
            self._slots.give_back(is_paused)
