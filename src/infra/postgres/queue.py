from __future__ import annotations

from collections.abc import Mapping, Sequence

from backstage.domain.outcome import Outcome
from backstage.domain.ports.task_queue import Claimed, ClaimRequest, LeaseReport, NextTasksOf
from backstage.domain.task import MaxDeliveries, Task
from backstage.domain.task_state import TaskState
from backstage.infra.postgres import leases
from backstage.infra.postgres.claim import claim
from backstage.infra.postgres.reclaim import reclaim
from backstage.infra.postgres.session import Runner, Session
from backstage.infra.postgres.settle import settle
from backstage.infra.postgres.statements import statement
from backstage.infra.postgres.store import Store
from backstage.infra.task_row import task_of

_CHANGES_OF_A_BATCH = 2
"""Changes of the counts that a claim or a settle of one lane appends."""


class PostgresQueue:
    """TaskQueue over the server. `runner` gives the connections."""

    def __init__(self, store: Store, runner: Runner) -> None:
        self._store, self._runner = store, runner

    async def claim(self, request: ClaimRequest) -> Claimed:
        async def step(session: Session) -> Claimed:
            return await claim(session, request, self._store.time)

        claimed = await self._runner.run(step)
        if claimed.tasks:
            await self._store.counts.appended(_CHANGES_OF_A_BATCH)
        return claimed

    async def held_by(self, worker_id: str) -> list[Task]:
        async def step(session: Session) -> list[Task]:
            held = [task_of(row) for row in await session.fetch(statement("find_held_tasks"), worker_id)]
            return [task for task in held if task.undecodable is None]

        return await self._runner.run(step)

    async def settle(self, outcomes: Sequence[Outcome]) -> list[TaskState | None]:
        async def step(session: Session) -> list[TaskState | None]:
            return await settle(session, outcomes, self._store.time.now())

        if not outcomes:
            return []
        await self._store.lanes.know(task for outcome in outcomes for task in outcome.next_tasks)
        answers = await self._runner.run(step)
        if any(outcome.next_tasks or outcome.state is TaskState.PENDING for outcome in outcomes):
            self._store.notifier.wake()
        await self._store.counts.appended(_CHANGES_OF_A_BATCH)
        return answers

    async def renew(self, fences: Mapping[str, int], lease: float) -> LeaseReport:
        async def step(session: Session) -> LeaseReport:
            return await leases.renew(session, fences, lease, self._store.time)

        return await self._runner.run(step)

    async def inspect(self, fences: Mapping[str, int]) -> LeaseReport:
        async def step(session: Session) -> LeaseReport:
            return await leases.inspect(session, fences)

        return await self._runner.run(step)

    async def report_progress(self, task_id: str, fence: int, progress: float, note: str | None) -> bool:
        async def step(session: Session) -> bool:
            return bool(await session.value(statement("report_progress"), task_id, fence, progress, note))

        return await self._runner.run(step)

    async def reclaim(
        self, max_deliveries: MaxDeliveries, limit: int, next_tasks_of: NextTasksOf | None = None
    ) -> list[tuple[Task, Outcome]]:
        async def step(session: Session) -> list[tuple[Task, Outcome]]:
            return await reclaim(session, max_deliveries, limit, next_tasks_of, self._store.time)

        reclaimed = await self._runner.run(step)
        if reclaimed:
            self._store.notifier.wake()
        await self._store.counts.fold_at_times()
        return reclaimed

    async def is_idle(self, types: frozenset[str] | None, queues: frozenset[str] | None) -> bool:
        async def step(session: Session) -> bool:
            named = None if queues is None else sorted(queues)
            return not await session.value(
                statement("find_busy_lane"), self._store.time.now(), None if types is None else sorted(types), named
            )

        return await self._runner.run(step)
