"""A producer's host may have the wrong time: on a server's store the server's counts, from the first task on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from backstage.app.enqueue_task import EnqueueTask
from backstage.cli.main import main
from backstage.conformance.trial import claim_request
from backstage.domain.task import Task
from backstage.infra.container import Container
from backstage.infra.system_clock import SystemClock

SetClock = Callable[[float], None]

pytestmark = pytest.mark.parametrize("store_of", ["postgres_url", "redis_url"])
WRONG = pytest.mark.parametrize("ahead", [3600.0, -3600.0])


@pytest.fixture
def url(request: pytest.FixtureRequest, store_of: str) -> str:
    found: str = request.getfixturevalue(store_of)
    return found


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Sets the wall clock of this process, by the seconds that it is ahead of the right time."""

    def set_to(ahead: float) -> None:
        monkeypatch.setattr(SystemClock, "now", lambda _: datetime.now(UTC) + timedelta(seconds=ahead))

    return set_to


async def enqueued(producer: Container, delay: float | None = None) -> Task:
    task = await producer.enqueue_task(EnqueueTask("email:send", delay=delay))
    assert isinstance(task, Task)
    return task


async def claimed(url: str) -> tuple[list[str], float | None]:
    """The ids that a worker on a host with the right time claims, and the seconds until there is more."""
    async with Container.open(url, silent=True) as worker:
        answer = await worker.backend.queue.claim(claim_request(10))
        return [task.id for task in answer.tasks], answer.next_due_in


@WRONG
async def test_the_first_tasks_of_a_process_are_due_when_they_should_be(
    url: str, set_clock: SetClock, ahead: float
) -> None:
    set_clock(ahead)
    async with Container.open(url, silent=True) as producer:
        now, later = await enqueued(producer), await enqueued(producer, delay=600.0)
    set_clock(0.0)
    ids, next_due_in = await claimed(url)
    assert ids == [now.id]
    assert next_due_in == pytest.approx(600, abs=30)
    assert abs((later.created_at - datetime.now(UTC)).total_seconds()) < 30


@WRONG
async def test_a_clock_that_is_set_while_a_producer_lives_changes_nothing(
    url: str, set_clock: SetClock, ahead: float
) -> None:
    async with Container.open(url, silent=True) as producer:
        set_clock(ahead)
        now, _ = await enqueued(producer), await enqueued(producer, delay=600.0)
    set_clock(0.0)
    ids, next_due_in = await claimed(url)
    assert ids == [now.id]
    assert next_due_in == pytest.approx(600, abs=30)


@WRONG
def test_what_the_command_enqueues_is_due_when_it_should_be(
    url: str, set_clock: SetClock, ahead: float, capsys: pytest.CaptureFixture[str]
) -> None:
    set_clock(ahead)
    assert main(("enqueue", "email:send", "null", "--url", url)) == 0
    now = capsys.readouterr().out.strip()
    assert main(("enqueue", "email:send", "null", "--url", url, "--delay", "600")) == 0
    set_clock(0.0)
    ids, next_due_in = asyncio.run(claimed(url))
    assert ids == [now]
    assert next_due_in == pytest.approx(600, abs=30)
