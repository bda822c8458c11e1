from __future__ import annotations

from backstage.domain.limits import check_name
from backstage.domain.ports.queue_control import QUEUE, QueueControl


class PauseQueue:
    """Stop workers from claiming tasks of a queue until it is resumed. Running tasks go on.

    Returns False if it was paused already. Raises InvalidTaskDataError for a name that is none.
    """

    def __init__(self, control: QueueControl) -> None:
        self._control = control

    async def __call__(self, name: str) -> bool:
        return await self._control.pause(QUEUE, check_name("queue", name))
