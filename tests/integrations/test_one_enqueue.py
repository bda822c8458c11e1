"""`enqueue` is one call with one answer, wherever it stands."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from backstage import (
    BlockingContainer,
    Duplicate,
    EnqueueTask,
    Task,
    TaskContext,
    Worker,
)
from backstage.infra.container import Container
from backstage.infra.settings.settings import Settings
from backstage.integrations import django
from backstage.testing import TaskBench

Call = Callable[..., Any]
OPTIONS = {"queue": "slow", "priority": 3, "delay": 60, "metadata": {"tenant": "north"}, "correlation_id": "c"}


@pytest.fixture
async def places(bench: TaskBench, monkeypatch: pytest.MonkeyPatch) -> dict[str, Call]:
    """The calls, all on one store."""
    container = bench.backstage
    worker = Worker(container=container)
    monkeypatch.setattr(django.enqueueing, "backstage", lambda: BlockingContainer(container=container))
    return {
        "worker": worker.enqueue,
        "container": container.enqueue,
        "bench": bench.enqueue,
        "blocking": BlockingContainer(container=container).enqueue,
        "django": django.enqueue,
    }


@pytest.fixture
async def bench() -> Any:
    async with TaskBench() as bench:
        yield bench


async def answer_of(call: Call, *arguments: Any, **options: Any) -> Any:
    answer = call(*arguments, **options)
    return await answer if isinstance(answer, Awaitable) else answer


@pytest.mark.parametrize("place", ["worker", "container", "bench", "blocking", "django"])
async def test_it_answers_with_the_task_and_for_a_key_that_is_held_with_none(
    places: dict[str, Call], bench: TaskBench, place: str
) -> None:
    task = await answer_of(places[place], "mail", {"to": "ada"}, dedupe="ada", **OPTIONS)
    assert task == await bench.backstage.get_task(task.id)
    assert (task.queue, task.priority, task.metadata, task.correlation_id) == ("slow", 3, {"tenant": "north"}, "c")
    assert await answer_of(places[place], "mail", {"to": "ada"}, dedupe="ada", queue="slow") is None
    duplicate = await bench.backstage.enqueue_task(EnqueueTask("mail", dedupe="ada", queue="slow"))
    assert duplicate == Duplicate(holder_id=task.id, key="ada")


@pytest.mark.parametrize("place", ["worker", "container", "bench", "blocking", "django"])
async def test_it_names_an_option_that_there_is_not(places: dict[str, Call], place: str) -> None:
    for wrong in ("prioritty", "type"):
        with pytest.raises(TypeError, match=rf"enqueue\(\) got an unexpected keyword argument '{wrong}'"):
            await answer_of(places[place], "mail", **{wrong: 1})


@pytest.mark.parametrize("place", ["worker", "container", "bench", "blocking", "django"])
async def test_an_empty_correlation_id_is_none(places: dict[str, Call], place: str) -> None:
    task = await answer_of(places[place], "mail", correlation_id="")
    assert task.correlation_id == task.id


@pytest.mark.parametrize("place", ["worker", "container", "bench"])
async def test_inside_a_handler_it_carries_the_correlation_id_on(
    places: dict[str, Call], bench: TaskBench, place: str
) -> None:
    async def handle(context: TaskContext) -> None:
        await places[place]("child")
        await places[place]("child", correlation_id="")

    bench.on("parent", handle)
    await bench.enqueue("parent", correlation_id="order-7")
    await bench.run_one()
    assert [child.correlation_id for child in bench.enqueued("child")] == ["order-7"] * 2


async def test_the_context_of_a_handler_has_the_same_call(bench: TaskBench) -> None:
    answers: list[Task | None] = []

    async def handle(context: TaskContext) -> None:
        answers.extend([await context.enqueue("child", dedupe="k"), await context.enqueue("child", dedupe="k")])
        with pytest.raises(TypeError, match=r"enqueue\(\) got an unexpected keyword argument 'prioritty'"):
            context.enqueue("child", prioritty=1)  # type: ignore[call-arg]

    bench.on("parent", handle)
    await bench.enqueue("parent")
    await bench.run_one()
    assert bench.failures == []
    assert answers == [bench.enqueued("child")[0], None]


def test_it_takes_the_same_everywhere() -> None:
    container = Container(Settings.load(url="memory://"))
    calls = (Worker.enqueue, TaskBench.enqueue, BlockingContainer.enqueue, type(container.enqueue).__call__)
    taken = [
        [(each.name, each.kind, each.default) for each in inspect.signature(call).parameters.values()][1:]
        for call in calls
    ]
    assert taken == [taken[0]] * len(calls)
