"""Says which due tasks wait for a handler or a queue that nobody has, because a misspelt name would wait in silence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backstage.app.find_unserved import FindUnserved, Unserved
from backstage.domain.ports.task_queue import ClaimRequest
from backstage.domain.ports.task_repository import TaskRepository
from backstage.worker import log_events

LOOK_EVERY = 60.0
MOST_SHOWN = 10


class UnservedWatch:
    """`request` is how this worker claims."""

    def __init__(self, tasks: TaskRepository, find_unserved: FindUnserved, request: ClaimRequest, logger: Any) -> None:
        self._tasks = tasks
        self._find_unserved = find_unserved
        self._request = request
        self._logger = logger
        self._reported: frozenset[Unserved] = frozenset()

    async def look(self) -> None:
        """Tell of due tasks that no worker which is alive serves, each queue and type once."""
        unserved = frozenset(await self._find_unserved(await self._passed_over()))
        self._report(sorted(unserved - self._reported, key=str), "no worker that is alive serves them")
        self._reported = unserved

    async def report_at_the_end(self) -> None:
        """Tell of due tasks that this worker leaves behind because it does not serve them."""
        left = [Unserved(queue, type_, "") for queue, type_ in await self._passed_over()]
        self._report(left, "this worker does not serve them")

    async def _passed_over(self) -> list[tuple[str, str]]:
        due = [(each.queue, each.type) for each in await self._tasks.oldest_due()]
        return [lane for lane in due if not self._request.serves(*lane)]

    def _report(self, unserved: Sequence[Unserved], reason: str) -> None:
        if unserved:
            shown = [f"{each.type} on queue {each.queue}{each.hint}" for each in unserved[:MOST_SHOWN]]
            self._logger.warning(log_events.TASKS_UNSERVED, tasks=shown, lanes=len(unserved), reason=reason)
