"""A change that somebody asks for of the version which they have seen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from backstage import Container
from backstage.domain.errors import TaskChangedError
from backstage.domain.task import Task

Change = Callable[[Container, Task], Awaitable[Any]]
CHANGES: dict[str, Change] = {
    "cancel": lambda container, seen: container.cancel_task(seen.id, if_version=seen.version),
    "prioritise": lambda container, seen: container.change_priority(seen.id, 3, if_version=seen.version),
    "move": lambda container, seen: container.move_to_queue(seen.id, "bulk", if_version=seen.version),
    "retry": lambda container, seen: container.retry_task(seen.id, if_version=seen.version),
    "delete": lambda container, seen: container.delete_task(seen.id, if_version=seen.version),
}
PENDING, ENDED = ("cancel", "prioritise", "move"), ("retry", "delete")


@pytest.mark.parametrize("name", CHANGES)
async def test_a_task_is_changed_only_as_it_was_seen(name: str) -> None:
    async with Container.open("memory://") as container:
        task = await container.enqueue("email:send")
        older, seen = task, await container.change_priority(task.id, 1)
        if name in ENDED:
            older, seen = seen, await container.cancel_task(task.id)
        with pytest.raises(TaskChangedError, match="load it again"):
            await CHANGES[name](container, older)
        assert await container.get_task(task.id) == seen
        await CHANGES[name](container, seen)


@pytest.mark.parametrize("name", CHANGES)
async def test_what_changes_between_the_look_and_the_step_is_seen_by_the_store(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Container.open("memory://") as container:
        seen = await container.enqueue("email:send")
        if name in ENDED:
            seen = await container.cancel_task(seen.id)
        tasks, stored = container.backend.tasks, seen

        async def get_just_before_somebody_changes_it(task_id: str) -> Task:
            nonlocal stored
            if stored is seen:
                stored = seen.retry(container.clock.now()) if name in ENDED else seen.prioritised(9)
                await tasks.save(stored)
                return seen
            return stored

        monkeypatch.setattr(tasks, "get", get_just_before_somebody_changes_it)
        with pytest.raises(TaskChangedError):
            await CHANGES[name](container, seen)
        assert list((await container.find_tasks()).tasks) == [stored]


async def test_a_task_is_moved_and_prioritised_in_one_step() -> None:
    async with Container.open("memory://") as container:
        task = await container.enqueue("email:send")
        moved = await container.move_to_queue(task.id, "bulk", priority=7)
        assert (moved.queue, moved.priority, moved.version) == ("bulk", 7, task.version + 1)
