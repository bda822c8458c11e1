from __future__ import annotations

from backstage.domain.limits import check_name
from backstage.domain.pause_words import check_pause_reason, paused_by
from backstage.domain.ports.queue_control import QUEUE, QueueControl


class PauseQueue:
    """Stop workers from claiming tasks of a queue until it is resumed. Running tasks go on.

    Others see the `reason`, and who did it. Returns False if it was paused already, which changes neither. Raises
    InvalidTaskDataError for a name that is none, and for a reason that is too long.
    """

    def __init__(self, control: QueueControl) -> None:
        self._control = control

    async def __call__(self, name: str, *, reason: str | None = None, by: str | None = None) -> bool:
        check_name("queue", name)
        return await self._control.pause(QUEUE, name, by=paused_by(by), reason=check_pause_reason(reason))
