"""One function for every type of a queue."""

from __future__ import annotations

from typing import Any

import pytest

from backstage import EnqueueTask, GiveUp, TaskContext, WorkerService
from backstage.domain.errors import ConfigurationError
from backstage.domain.task import Task
from backstage.domain.task_state import FINAL_STATES, TaskState
from tests.worker.workers import until_some


@pytest.fixture(autouse=True)
def here(own_directory: None) -> None:
    return


async def ended(service: WorkerService, requests: list[EnqueueTask]) -> list[Task]:
    """Enqueue what has run before the service stops for want of work; return how each task ended."""
    async with service:
        tasks = [each for each in await service.backstage.enqueue_tasks(requests) if isinstance(each, Task)]
        return [await reached_end(service, each) for each in tasks]


async def reached_end(service: WorkerService, task: Task) -> Task:
    async def look() -> list[Task]:
        found = await service.backstage.get_task(task.id)
        return [found] if found.state in FINAL_STATES else []

    [found] = await until_some(look, 1)
    return found


async def told(payload: Any, context: TaskContext) -> list[Any]:
    return [context.task.type, payload]


async def test_one_function_serves_every_type_of_its_queue_alone(url: str) -> None:
    service = WorkerService(url, silent=True)
    service.register_processor("mail", told)
    other = service.register_processor("other")
    other.on("known", lambda payload: "known")
    requests = [
        EnqueueTask("email:send", 1, queue="mail"),
        EnqueueTask("email:later", 2, queue="mail", delay=0.05),
        EnqueueTask("known", 3, queue="mail"),
        EnqueueTask("known", 4, queue="other"),
        EnqueueTask("email:send", 5, queue="other"),
    ]
    async with service:
        tasks = [each for each in await service.backstage.enqueue_tasks(requests) if isinstance(each, Task)]
        ran = [await reached_end(service, each) for each in tasks[:-1]]
        unknown = await service.backstage.get_task(tasks[-1].id)
    assert [each.result for each in ran] == [["email:send", 1], ["email:later", 2], ["known", 3], "known"]
    assert unknown.state is TaskState.PENDING


async def test_a_type_with_a_handler_of_its_own_goes_there(url: str) -> None:
    service = WorkerService(url, silent=True)
    mail = service.register_processor("mail", {"special": lambda payload: "own"})

    @mail.on_any(max_attempts=1)
    def anything(payload: Any, context: TaskContext) -> Any:
        raise GiveUp(context.task.type)

    own, others = await ended(service, [EnqueueTask("special", queue="mail"), EnqueueTask("x:y", queue="mail")])
    assert own.result == "own"
    assert others.last_failure is not None
    assert (others.state, others.last_failure.message) == (TaskState.FAILED, "x:y")


async def test_a_type_that_is_new_to_the_store_wakes_the_processor(url: str) -> None:
    service = WorkerService(url, silent=True, poll_interval=60.0)
    service.register_processor("mail", told)
    async with service:
        for new in ("first", "second"):
            task = await service.backstage.enqueue_task(EnqueueTask(new, queue="mail"))
            assert isinstance(task, Task)
            assert (await reached_end(service, task)).result == [new, None]


async def test_a_service_is_idle_once_a_whole_queue_is(url: str) -> None:
    service = WorkerService(url, silent=True, until_idle=True, before_start=lambda: enqueue(service))
    service.register_processor("mail", told)
    await service.start()
    await service.wait()
    assert service.get_metrics()["mail"].completed == 2


async def enqueue(service: WorkerService) -> None:
    await service.backstage.enqueue_tasks([EnqueueTask(each, queue="mail") for each in ("a", "b")])


async def test_workers_are_shown_with_a_star_for_every_type(url: str) -> None:
    service = WorkerService(url, silent=True)
    service.register_processor("mail", told).on("named", lambda: None)
    async with service:
        workers = await until_some(service.backstage.list_workers, 1)
    assert workers[0].types == ("*", "named")


def test_two_functions_for_every_type_are_refused() -> None:
    mail = WorkerService("memory://", silent=True).register_processor("mail", told)
    mail.on_any(told)
    with pytest.raises(ConfigurationError, match=r"mail: has two handlers for any type, .*told and .*: keep one"):
        mail.on_any(lambda payload: None)


def test_types_that_are_restricted_leave_no_room_for_any() -> None:
    service = WorkerService("memory://", silent=True, types=["email:*"])
    with pytest.raises(ConfigurationError, match="types: are restricted"):
        service.register_processor("mail", told)
