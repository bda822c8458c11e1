from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from backstage import BlockingContainer, Container, EnqueueTask, Settings
from backstage.app.current_task import current_task
from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import (
    ConfigurationError,
    IllegalMoveError,
    InvalidTaskDataError,
    StorageUnavailableError,
    TaskNotFoundError,
)
from backstage.domain.ports.task_queue import ClaimRequest
from backstage.domain.task import Task
from backstage.domain.task_query import TaskQuery
from backstage.testing import TaskBench, new_context

UNKNOWN = "01940000-0000-7000-8000-000000000000"


@pytest.fixture
def backstage(url: str) -> Iterator[BlockingContainer]:
    with BlockingContainer(url) as backstage:
        yield backstage


def threads() -> int:
    return sum(thread.name.startswith("backstage-") for thread in threading.enumerate())


def enqueued(backstage: BlockingContainer, task_type: str = "a") -> Task:
    task = backstage.enqueue(task_type)
    assert task is not None
    return task


def test_a_task_is_stored_when_the_call_returns(backstage: BlockingContainer) -> None:
    task = backstage.enqueue("mail", {"to": "ada"}, queue="slow", delay=60, priority=3)
    assert task is not None
    assert (task.type, task.payload, task.queue, task.priority) == ("mail", {"to": "ada"}, "slow", 3)
    assert backstage.get_task(task.id) == task
    assert [each.id for each in backstage.find_tasks(TaskQuery(type="mail")).tasks] == [task.id]
    assert [each.id for each in backstage.find_tasks().tasks] == [task.id]


def test_a_duplicate_is_none(backstage: BlockingContainer) -> None:
    assert backstage.enqueue("mail", dedupe="ada") is not None
    assert backstage.enqueue("mail", dedupe="ada") is None


def test_many_tasks_are_stored_together(backstage: BlockingContainer) -> None:
    first, second = backstage.enqueue_tasks(EnqueueTask("mail", number, dedupe="one") for number in range(2))
    assert isinstance(first, Task)
    assert isinstance(second, Duplicate)


def test_a_task_is_cancelled_and_retried(backstage: BlockingContainer) -> None:
    task = enqueued(backstage)
    assert backstage.cancel_task(task.id).state == "cancelled"
    with pytest.raises(IllegalMoveError):
        backstage.cancel_task(task.id)
    assert backstage.retry_task(task.id, reset_attempts=True).state == "pending"
    stats = backstage.get_task_stats()
    assert (stats.pending, stats.cancelled, stats.total) == (1, 0, 1)


def test_every_other_use_case_can_be_run(backstage: BlockingContainer) -> None:
    backstage.run(lambda container: container.pause_queue("mail"))
    assert [pause.name for pause in backstage.run(lambda container: container.list_pauses())] == ["mail"]


def test_errors_are_those_of_the_use_case(backstage: BlockingContainer) -> None:
    with pytest.raises(TaskNotFoundError):
        backstage.get_task(UNKNOWN)
    with pytest.raises(InvalidTaskDataError, match=r"payload\.at"):
        backstage.enqueue("mail", {"at": object()})
    with pytest.raises(TypeError, match="colour"):
        backstage.enqueue("mail", colour="red")


def test_a_wrong_setting_is_refused_before_anything_is_connected() -> None:
    with pytest.raises(ConfigurationError, match="leese: is not a setting"):
        BlockingContainer("memory://", leese=3)


@pytest.mark.parametrize("beside", [{"url": "memory://"}, {"lease": 3}, {"logger": object()}])
def test_what_a_given_container_has_is_refused_beside_it(beside: dict[str, Any]) -> None:
    container = Container(Settings.load(url="memory://", silent=True))
    with pytest.raises(ConfigurationError, match=r"^container: has its own store, settings and log"):
        BlockingContainer(container=container, **beside)


def test_threads_share_it(backstage: BlockingContainer) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = {task.id for task in pool.map(lambda _: enqueued(backstage), range(200))}
    assert len(ids) == 200
    assert backstage.get_task_stats().pending == 200


def test_it_connects_when_it_is_first_used_and_again_after_it_was_closed(tmp_path: Path) -> None:
    before = threads()
    backstage = BlockingContainer(f"sqlite:///{tmp_path}/tasks.db")
    assert not (tmp_path / "tasks.db").exists()
    enqueued(backstage)
    assert threads() > before
    backstage.close()
    backstage.close()
    assert threads() == before
    enqueued(backstage)
    assert backstage.get_task_stats().pending == 2
    backstage.close()
    assert threads() == before


def test_a_store_that_cannot_be_reached_leaves_nothing_behind(tmp_path: Path) -> None:
    before = threads()
    (tmp_path / "tasks.db").mkdir()
    backstage = BlockingContainer(f"sqlite:///{tmp_path}/tasks.db")
    with pytest.raises((StorageUnavailableError, ConfigurationError)):
        backstage.get_task_stats()
    assert threads() == before


def test_the_environment_names_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKSTAGE_URL", f"sqlite:///{tmp_path}/named.db")
    with BlockingContainer() as backstage:
        enqueued(backstage)
    assert (tmp_path / "named.db").exists()


def test_inside_a_handler_the_correlation_id_is_carried_on(backstage: BlockingContainer) -> None:
    running = new_context("order", correlation_id="request-7").task
    token = current_task.set(running)
    try:
        assert enqueued(backstage).correlation_id == "request-7"
    finally:
        current_task.reset(token)


def test_a_listener_that_would_wait_for_itself_is_refused(backstage: BlockingContainer) -> None:
    errors: list[str] = []

    def listener(event: object) -> None:
        try:
            backstage.get_task_stats()
        except RuntimeError as error:
            errors.append(str(error))

    async def subscribe_and_enqueue() -> None:
        container.events.on("worker-task:created", listener)
        await container.enqueue_task(EnqueueTask("a"))

    container = backstage.run(_itself)
    backstage.run(lambda _: subscribe_and_enqueue())
    assert errors == ["a BlockingContainer was called on its own event loop: use the Container there"]


async def _itself(container):  # type: ignore[no-untyped-def]
    return container


def test_a_test_gives_it_the_store_of_its_bench() -> None:
    bench = TaskBench()
    with BlockingContainer(container=bench.backstage) as backstage:
        enqueued(backstage, "mail")
    bench.assert_enqueued("mail", count=1)


def test_a_task_can_belong_to_the_callers_transaction(tmp_path: Path) -> None:
    with (
        BlockingContainer(f"sqlite:///{tmp_path}/tasks.db") as backstage,
        closing(sqlite3.connect(tmp_path / "tasks.db", isolation_level=None, check_same_thread=False)) as connection,
    ):
        connection.execute("BEGIN IMMEDIATE")
        backstage.enqueue("mail", connection=connection)
        connection.execute("ROLLBACK")
        assert backstage.get_task_stats().total == 0
        connection.execute("BEGIN IMMEDIATE")
        backstage.enqueue("mail", connection=connection)
        connection.execute("COMMIT")
        assert backstage.get_task_stats().pending == 1


PROGRAM = """
import os, sys
from backstage import BlockingContainer

backstage = BlockingContainer("sqlite:///tasks.db")
backstage.enqueue("a")
if "fork" in sys.argv:
    child = os.fork()
    if child == 0:
        backstage.enqueue("a")
        sys.exit(0)
    assert os.waitpid(child, 0)[1] == 0
if "fail" in sys.argv:
    raise SystemExit("on purpose")
print(backstage.get_task_stats().pending)
"""


def ended(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", PROGRAM, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    return done.returncode, done.stdout, done.stderr


def test_a_program_that_closes_nothing_ends_in_silence() -> None:
    assert ended() == (0, "1\n", "")


def test_a_program_that_fails_ends_as_it_would_have() -> None:
    assert ended("fail") == (1, "", "on purpose\n")


def test_a_forked_child_connects_anew() -> None:
    assert ended("fork") == (0, "2\n", "")


def test_results_and_what_a_task_tells_are_waited_for(backstage: BlockingContainer) -> None:
    task, other = backstage.enqueue("sum", 1), backstage.enqueue("sum", 2)
    told = backstage.follow(task.id)
    assert next(told).data == {"state": "pending"}

    async def complete_all(container: Container) -> None:
        request = ClaimRequest(worker_id="w", types=frozenset({"sum"}), queues=None, limit=10, lease=30.0)
        claimed = (await container.backend.queue.claim(request)).tasks
        await container.backend.queue.settle([each.completed(each.payload_json) for each in claimed])

    backstage.run(complete_all)
    assert [event.data["state"] for event in told][-1] == "completed"  # a slow host may also tell that it ran
    assert backstage.result(task, timeout=10) == 1
    assert backstage.results([other, task.id], timeout=10) == [2, 1]
    assert {end.task_id: end.result for end in backstage.as_completed([task, other])} == {task.id: 1, other.id: 2}
    with pytest.raises(TimeoutError):
        backstage.call("sum", 3, timeout=0.01, queue="mail")
    assert next(iter(backstage.follow(task))).data == {"state": "completed"}
