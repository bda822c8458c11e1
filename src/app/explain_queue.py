from __future__ import annotations

from backstage.app.explain_queues import ExplainQueues
from backstage.domain.explanation import QueueExplanation
from backstage.domain.limits import check_name
from backstage.domain.ports.queue_control import QUEUE


class ExplainQueue:
    """Say why a queue stands still, or that it moves: every reason that holds, the first one first.

    Raises InvalidTaskDataError for a name that is none, StorageUnavailableError.
    """

    def __init__(self, explain_queues: ExplainQueues) -> None:
        self._explain_queues = explain_queues

    async def __call__(self, queue: str) -> QueueExplanation:
        check_name(QUEUE, queue)
        [explanation] = await self._explain_queues([queue])
        return explanation
