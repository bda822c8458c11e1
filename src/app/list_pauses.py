from __future__ import annotations

from backstage.domain.ports.queue_control import Pause, QueueControl


class ListPauses:
    """Return what is paused and since when, by kind and name."""

    def __init__(self, control: QueueControl) -> None:
        self._control = control

    async def __call__(self) -> list[Pause]:
        return await self._control.paused()
