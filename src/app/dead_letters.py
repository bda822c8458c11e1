from __future__ import annotations

from backstage.app.purge_dead_letters import PurgeDeadLetters
from backstage.app.replay_dead_letters import ReplayDeadLetters
from backstage.domain.limits import check_name
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.task_query import TaskPage, TaskQuery
from backstage.domain.task_state import TaskState

_FAILED = frozenset({TaskState.FAILED})


class DeadLetters:
    """The dead letters of a queue, under a name of their own.

    A view: a dead letter is the failed task itself, so nothing is moved, and it looks the same on every store.
    Raises InvalidTaskDataError for a name that is none.
    """

    def __init__(
        self, name: str, queue: str, tasks: TaskRepository, replay: ReplayDeadLetters, purge: PurgeDeadLetters
    ) -> None:
        self.name, self.queue = check_name("dead_letter_queue", name), queue
        self._tasks, self._replay, self._purge = tasks, replay, purge

    async def count(self) -> int:
        """How many there are: exact, and cheap however many."""
        counts = await self._tasks.counts()
        return sum(
            count.tasks - count.pruned
            for count in counts
            if count.queue == self.queue and count.state is TaskState.FAILED
        )

    async def find(self, *, type: str | None = None, limit: int = 100, after: str | None = None) -> TaskPage:
        """Newest first; `after` is the page's `next_after`."""
        return await self._tasks.find(TaskQuery(states=_FAILED, queue=self.queue, type=type, limit=limit, after=after))

    async def replay(self, type: str | None = None) -> int:
        """Run them again now, with as many attempts as new tasks; return how many."""
        return await self._replay(queue=self.queue, type=type)

    async def purge(self) -> int:
        """Delete them all; return how many."""
        return await self._purge(self.queue)
