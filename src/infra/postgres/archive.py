from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from backstage.domain.attempt import Attempt
from backstage.domain.ports.task_archive import StoredTask
from backstage.domain.stats import Count
from backstage.domain.task_state import TaskState
from backstage.infra.moments import from_micros
from backstage.infra.postgres.add import put_tags
from backstage.infra.postgres.columns import ATTEMPT, DEFINITION, FINISHED, PENDING
from backstage.infra.postgres.dedupe_keys import holds_key, take_key
from backstage.infra.postgres.rows import attempt_of
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.statements import statement
from backstage.infra.postgres.store import Store
from backstage.infra.task_row import task_of
from backstage.infra.unreadable_rows import readable

_NOW = "SELECT coalesce($1::bigint, backstage_now())"
_CHANGES_OF_A_BATCH = 3
# Whoever raises a number of pruned tasks compares it first, so they go one after another.
_ALONE = "LOCK TABLE backstage_counts IN SHARE ROW EXCLUSIVE MODE"


class PostgresArchive:
    """TaskArchive over the server."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def read(self, after: str | None, limit: int) -> list[StoredTask]:
        async def step(session: Session) -> list[StoredTask]:
            async with session.transaction():
                return await _read(session, after, limit)

        return await self._store.database.run(step)

    async def write(self, stored: Sequence[StoredTask]) -> int:
        running = [each.task.id for each in stored if each.task.state is TaskState.RUNNING]
        if running:
            raise ValueError(f"a lease cannot be moved, and these tasks are running: {', '.join(running)}")
        await self._store.lanes.know(each.task for each in stored)
        new = 0
        by_queue = sorted(stored, key=lambda each: each.task.queue)
        for _, batch in groupby(by_queue, key=lambda each: each.task.queue):
            new += await self._write_batch(list(batch))
        self._store.notifier.wake()
        return new

    async def write_pruned(self, counts: Sequence[Count]) -> None:
        given = [
            [count.queue for count in counts],
            [count.type for count in counts],
            [count.state.value for count in counts],
            [count.pruned for count in counts],
        ]

        async def step(session: Session) -> None:
            async with session.transaction():
                await session.fetch(_ALONE)
                await session.fetch(statement("write_pruned"), *given)

        await self._store.database.run(step)
        await self._store.counts.appended(len(counts))

    async def _write_batch(self, stored: list[StoredTask]) -> int:
        async def step(session: Session) -> int:
            async with session.transaction():
                return await _write(session, stored, self._store.time.now())

        new = await self._store.database.run(step)
        await self._store.counts.appended(_CHANGES_OF_A_BATCH)
        return new


async def _read(session: Session, after: str | None, limit: int) -> list[StoredTask]:
    tasks = [task_of(row) for row in await session.fetch(statement("read_archive"), after, limit)]
    records: dict[str, list[Attempt]] = {}
    rows = await session.fetch(statement("find_attempts"), [task.id for task in tasks])
    for attempt in readable("an attempt", rows, attempt_of):
        records.setdefault(attempt.task_id, []).append(attempt)
    return [StoredTask(task, tuple(records.get(task.id, ()))) for task in tasks]


async def _write(session: Session, stored: list[StoredTask], now: int | None) -> int:
    given = {each.task.id: each for each in reversed(stored)}
    tasks = [each.task for each in given.values()]
    new = {row[0] for row in await session.fetch(statement("put_definitions"), *DEFINITION.values(tasks))}
    tasks = sorted((task for task in tasks if task.id in new), key=lambda task: task.id)
    pending = [task for task in tasks if task.state is TaskState.PENDING]
    finished = [task for task in tasks if task.state is not TaskState.PENDING]
    await put_tags(session, tasks)
    records = [record for task in tasks for record in given[task.id].attempts]
    if pending:
        await session.fetch(statement("put_pending"), now, *PENDING.values(pending))
    if finished:
        await session.fetch(statement("put_finished"), *FINISHED.values(finished))
    if records:
        await session.fetch(statement("put_attempts"), *ATTEMPT.values(records))
    moment = from_micros(await session.value(_NOW, now))
    for task in sorted(tasks, key=lambda task: "" if task.dedupe is None else task.dedupe.key):
        if holds_key(task, moment):
            await take_key(session, task, now)
    return len(tasks)
