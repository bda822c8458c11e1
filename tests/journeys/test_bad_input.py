from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from backstage.app.enqueue_task import EnqueueTask
from backstage.domain.cron import CronSchedule
from backstage.domain.errors import ConfigurationError, InvalidTaskDataError
from backstage.domain.task_state import TaskState
from backstage.infra.container import Container
from tests.journeys.asking import enqueue, state_is
from tests.journeys.conftest import StartWorker
from tests.journeys.store import Store
from tests.journeys.waiting import until_answer


def _nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"payload": {"price": float("nan")}}, "payload.price"),
        ({"payload": {"prices": [1, float("-inf")]}}, "payload.prices[1]"),
        ({"payload": {"text": "x" * 5 * 1024 * 1024}}, "payload"),
        ({"payload": _nested(10_000)}, "payload"),
        ({"payload": {"name": "\ud800"}}, "payload.name"),
        ({"payload": {"name": "a\0b"}}, "payload.name"),
        ({"payload": {"data": b"bytes"}}, "payload.data"),
        ({"payload": {1: "one"}}, "payload"),
        ({"queue": "my queue"}, "queue"),
        ({"queue": ""}, "queue"),
        ({"type": "email send"}, "type"),
        ({"type": "x" * 129}, "type"),
        ({"priority": 10**30}, "priority"),
        ({"priority": "high"}, "priority"),
        ({"delay": -1}, "delay"),
        ({"delay": float("nan")}, "delay"),
        ({"max_attempts": 0}, "max_attempts"),
        ({"scheduled_at": "the day after"}, "scheduled_at"),
        ({"id": "17"}, "id"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_a_wrong_task_gets_one_error_that_names_the_place_and_nothing_is_stored(
    backstage: Container, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidTaskDataError) as caught:
        await backstage.enqueue_task(EnqueueTask(**{"type": "journey:short", "payload": {}, **wrong}))
    [error] = caught.value.fields
    assert error.field.startswith(field)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 400
    assert (await backstage.get_task_stats()).total == 0


def test_a_wrong_cron_expression_gets_one_error() -> None:
    with pytest.raises(InvalidTaskDataError) as caught:
        CronSchedule.parse("61 * * * *")
    assert "61" in str(caught.value)


@pytest.mark.parametrize("wrong", ["mysql://shop:secret@host/shop", "nonsense", "sqlite://", "sqlite:///a?mode=fast"])
async def test_a_wrong_url_gets_one_error_without_its_password(wrong: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        async with Container.open(wrong):
            raise AssertionError("it opened")
    assert "secret" not in str(caught.value)


async def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is a folder: name a file in it"):
        async with Container.open(f"sqlite:///{tmp_path}"):
            raise AssertionError("it opened")
    assert await asyncio.to_thread(os.listdir, tmp_path) == []


async def test_what_nobody_can_read_does_not_stop_their_neighbours(
    backstage: Container, start_worker: StartWorker, store: Store
) -> None:
    before = [await enqueue(backstage, "journey:short") for _ in range(3)]
    unreadable = await enqueue(backstage, "journey:short", {"n": 1}, max_attempts=1)
    foreign = await enqueue(backstage, "nobody:knows")
    after = [await enqueue(backstage, "journey:short") for _ in range(3)]
    await store.inside.spoil_payload(unreadable.id)
    worker = start_worker()
    for task in before + after:
        await until_answer("a neighbour's end", state_is(backstage, task, TaskState.COMPLETED))
    await until_answer("the dead letter", state_is(backstage, unreadable, TaskState.FAILED))
    assert worker.is_alive
    assert (await backstage.get_task(foreign.id)).state is TaskState.PENDING
    late = await enqueue(backstage, "journey:short")
    await until_answer("a later task's end", state_is(backstage, late, TaskState.COMPLETED))
