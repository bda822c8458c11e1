from __future__ import annotations

from backstage.domain.limits import check_name
from backstage.domain.ports.queue_control import TYPE, QueueControl


class ResumeType:
    """Let workers claim tasks of a type again.

    Returns False if it was not paused. Raises InvalidTaskDataError for a name that is none.
    """

    def __init__(self, control: QueueControl) -> None:
        self._control = control

    async def __call__(self, name: str) -> bool:
        return await self._control.resume(TYPE, check_name("type", name))
