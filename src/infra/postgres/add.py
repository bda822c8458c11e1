from __future__ import annotations

from collections.abc import Sequence

from backstage.domain.dedupe import Duplicate
from backstage.domain.task import Task
from backstage.infra.joined_adds import JoinedAdds
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.store import Store
from backstage.infra.postgres.stored_tasks import Answers, add_tasks

_TASKS_AT_ONCE = 5_000
_CHARACTERS_AT_ONCE = 16 * 1024 * 1024


class Adder:
    """Stores new tasks, one statement for all calls that wait."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._joined = JoinedAdds(
            self._add,
            store.database.begin,
            tasks_at_once=_TASKS_AT_ONCE,
            characters_at_once=_CHARACTERS_AT_ONCE,
        )

    async def add(self, tasks: Sequence[Task]) -> list[Duplicate | None]:
        return await self._store.database.at_home(self._joined.add(tasks)) if tasks else []

    async def _add(self, tasks: Sequence[Task]) -> list[Duplicate | None]:
        store = self._store

        async def step(session: Session) -> Answers:
            return await add_tasks(session, tasks, store.time.now())

        await store.lanes.know(tasks)
        answers = await store.database.run(step)
        store.notifier.wake()
        await store.counts.appended(len({(task.queue, task.type) for task in tasks}))
        return [answers[task.id] for task in tasks]
