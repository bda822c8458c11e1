from __future__ import annotations

from collections.abc import Iterable

from backstage.domain.task import Task
from backstage.infra.postgres.session import Runner, Session
from backstage.infra.postgres.statements import statement


async def remember_lanes(tasks: Iterable[Task], session: Session) -> None:
    """Store the lanes of the tasks in the transaction that is open, in an order in which no two wait for each other."""
    lanes = sorted({(task.lane_type, task.queue) for task in tasks})
    if lanes:
        await session.fetch(statement("remember_lanes"), [type_ for type_, _ in lanes], [queue for _, queue in lanes])


class Lanes:
    """The queues and types that this process knows to be remembered in the store."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self.known: set[tuple[str, str]] = set()
        """Pairs of a type and a queue."""

    def forget(self) -> None:
        """The store was emptied, and its lanes with it."""
        self.known.clear()

    async def know(self, tasks: Iterable[Task]) -> None:
        """Return once the lanes of all these tasks are stored, and visible to everybody."""
        wanted = {(task.lane_type, task.queue) for task in tasks} - self.known
        if not wanted:
            return
        columns = [type_ for type_, _ in wanted], [queue for _, queue in wanted]

        async def remember(session: Session) -> None:
            await session.fetch(statement("remember_lanes"), *columns)

        await self._runner.run(remember)
        self.known |= wanted
