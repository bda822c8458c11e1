from __future__ import annotations

from backstage.domain.limits import check_name
from backstage.domain.ports.queue_control import QUEUE, QueueControl


class ResumeQueue:
    """Let workers claim tasks of a queue again.

    Returns False if it was not paused. Raises InvalidTaskDataError for a name that is none.
    """

    def __init__(self, control: QueueControl) -> None:
        self._control = control

    async def __call__(self, name: str) -> bool:
        return await self._control.resume(QUEUE, check_name("queue", name))
