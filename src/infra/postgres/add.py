"""Storing new tasks: one statement for all calls that wait, or a transaction where two tasks want one key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import asyncpg

from backstage.domain.dedupe import Duplicate
from backstage.domain.portions import portions
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.joined_adds import JoinedAdds
from backstage.infra.postgres.caller_transaction import within_transaction
from backstage.infra.postgres.columns import NEW
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.statements import statement
from backstage.infra.postgres.store import Store

Answers = dict[str, Duplicate | None]
"""By task id: the Duplicate of a task whose key is held, None for one that is stored."""

_TASKS_AT_ONCE = 5_000
_CHARACTERS_AT_ONCE = 16 * 1024 * 1024


class Adding:
    """TaskRepository's `add`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._joined = JoinedAdds(
            self._add, store.database.begin, tasks_at_once=_TASKS_AT_ONCE, characters_at_once=_CHARACTERS_AT_ONCE
        )

    async def add(self, tasks: Sequence[Task], *, connection: Any = None) -> list[Duplicate | None]:
        """`connection` is an asyncpg connection to the same database with a transaction open. Workers are woken when it
        commits."""
        if connection is not None:
            return await self._add_within(connection, tasks)
        return await self._store.database.at_home(self._joined.add(tasks)) if tasks else []

    async def _add_within(self, connection: Any, tasks: Sequence[Task]) -> list[Duplicate | None]:
        async with within_transaction(connection, self._store) as session:
            await self._store.lanes.know(tasks)
            answers = await add_tasks(session, tasks, self._store.time.now())
        return [answers[task.id] for task in tasks]

    async def _add(self, tasks: Sequence[Task]) -> list[Duplicate | None]:
        """At home, in the task that JoinedAdds began."""
        store = self._store
        lanes = {(task.lane_type, task.queue) for task in tasks}

        async def step(session: Session) -> Answers:
            return await add_tasks(session, tasks, store.time.now())

        if not lanes <= store.lanes.known:
            await store.lanes.know(tasks)
        answers = await store.database.make(step)
        store.notifier.wake_from_home()
        await store.counts.appended(len(lanes))
        return [answers[task.id] for task in tasks]


async def add_tasks(session: Session, tasks: Sequence[Task], now: int | None) -> Answers:
    """Store new tasks, all or none, whose lanes are known. Raises ValueError for one that is not new."""
    first: dict[str, Task] = {}
    for task in tasks:
        first.setdefault(task.id, task)
    unique = list(first.values())
    for task in unique:
        if task.state is not TaskState.PENDING or task.version != 1:
            raise ValueError("only new tasks are added: another task's moves come by save, or by the archive")
    if len(unique) == 1 and unique[0].dedupe is None and not unique[0].tags:
        await _add_without_keys(session, unique, now)
        return {unique[0].id: None}
    messages = [message for layer in _layers(unique) for message in portions(layer, attrgetter("size"), len(layer))]
    if len(messages) == 1 and not any(task.tags for task in unique):
        return await _add_layer(session, messages[0], now)
    answers: Answers = {}
    async with session.transaction():
        for message in messages:
            answers |= await _add_layer(session, message, now)
        await put_tags(session, unique)
    return answers


async def put_tags(session: Session, tasks: Sequence[Task]) -> None:
    """Let the tasks be found by their tags; those that were left out have none to be found by."""
    tagged = [task.id for task in tasks if task.tags]
    if tagged:
        await session.fetch(statement("put_tags"), tagged)


def _layers(tasks: list[Task]) -> list[list[Task]]:
    """Part the tasks so that no two of a layer want one key; who comes first is in an earlier one."""
    if all(task.dedupe is None for task in tasks):
        return [tasks]
    seen: Counter[tuple[str, str]] = Counter()
    layers: list[list[Task]] = [[]]
    for task in tasks:
        number = 0
        if task.dedupe is not None:
            number = seen[task.queue, task.dedupe.key]
            seen[task.queue, task.dedupe.key] += 1
        if number == len(layers):
            layers.append([])
        layers[number].append(task)
    return layers


async def _add_layer(session: Session, tasks: list[Task], now: int | None) -> Answers:
    if all(task.dedupe is None for task in tasks):
        await _add_without_keys(session, tasks, now)
        return dict.fromkeys(task.id for task in tasks)
    rows = await session.fetch(statement("add_keyed_tasks"), now, *NEW.values(tasks))
    holders = {(queue, key): holder for queue, key, holder in rows}
    return {task.id: _duplicate(task, holders) for task in tasks}


async def _add_without_keys(session: Session, tasks: list[Task], now: int | None) -> None:
    """Ids are nearly always new, and to take them for new costs the server a quarter less."""
    if not session.is_in_transaction:  # which the violation would end
        try:
            if len(tasks) == 1:
                await session.fetch(statement("add_task"), now, *NEW.row(tasks[0]))
            else:
                await session.fetch(statement("add_new_tasks"), now, *NEW.joined(tasks))
        except asyncpg.UniqueViolationError:
            pass
        else:
            return
    await session.fetch(statement("add_tasks"), now, *NEW.values(tasks))


def _duplicate(task: Task, holders: dict[tuple[str, str], str]) -> Duplicate | None:
    if task.dedupe is None:
        return None
    holder = holders.get((task.queue, task.dedupe.key), task.id)
    return None if holder == task.id else Duplicate(holder, task.dedupe.key)
