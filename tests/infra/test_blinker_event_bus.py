from __future__ import annotations

import asyncio
import io
import json
from datetime import UTC, datetime

import pytest

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.events import ALL_EVENTS, TaskCancelled, TaskCreated, TaskEvent
from backstage.domain.task import Task
from backstage.infra.blinker_event_bus import BlinkerEventBus
from backstage.infra.structured_logging import new_logger

NOW = datetime(2030, 1, 1, tzinfo=UTC)
TASK = Task(id="1", type="a", created_at=NOW, scheduled_at=NOW, correlation_id="1", workflow_id="1")
CREATED, CANCELLED = TaskCreated(task=TASK, at=NOW), TaskCancelled(task=TASK, at=NOW)


@pytest.fixture
def log():
    return io.StringIO()


@pytest.fixture
def bus(log):
    return BlinkerEventBus(new_logger(stream=log))


async def test_a_listener_hears_the_events_it_asked_for(bus):
    heard = []
    bus.on("worker-task:created", heard.append)
    await bus.publish(CREATED)
    await bus.publish(CANCELLED)
    assert heard == [CREATED]


async def test_an_async_listener_has_ended_when_publish_returns(bus):
    heard = []

    async def listen(event: TaskEvent) -> None:
        heard.append(event)

    bus.on("worker-task:created", listen)
    await bus.publish(CREATED)
    assert heard == [CREATED]


async def test_the_star_hears_every_event(bus):
    heard = []
    bus.on(ALL_EVENTS, heard.append)
    await bus.publish(CREATED)
    await bus.publish(CANCELLED)
    assert heard == [CREATED, CANCELLED]


async def test_an_event_class_stands_for_its_name(bus):
    one, every = [], []
    bus.on(TaskCreated, one.append)
    bus.on(TaskEvent, every.append)
    await bus.publish(CREATED)
    await bus.publish(CANCELLED)
    assert (one, every) == ([CREATED], [CREATED, CANCELLED])


async def test_listeners_are_called_in_the_order_they_subscribed(bus):
    order = []
    bus.on(ALL_EVENTS, lambda event: order.append("all"))
    for number in range(20):
        bus.on("worker-task:created", lambda event, number=number: order.append(number))
    await bus.publish(CREATED)
    assert order == [*range(20), "all"]


async def test_a_listener_that_raises_is_logged_and_stops_nothing(bus, log):
    heard = []

    def broken(event: TaskEvent) -> None:
        raise ValueError("boom")

    async def broken_too(event: TaskEvent) -> None:
        raise ValueError("bang")

    for listener in (broken, broken_too, heard.append):
        bus.on("worker-task:created", listener)
    await bus.publish(CREATED)
    entries = [json.loads(line) for line in log.getvalue().splitlines()]
    assert heard == [CREATED]
    assert [(entry["event"], entry["domain_event"], entry["task_id"]) for entry in entries] == [
        ("listener_failed", "worker-task:created", "1")
    ] * 2
    assert "broken_too" in entries[1]["listener"] and "bang" in entries[1]["exception"]


@pytest.mark.parametrize("error", [SystemExit(3), GeneratorExit(), asyncio.CancelledError()], ids=repr)
async def test_a_listener_that_raises_what_would_end_its_caller_stops_nothing(bus, log, error):
    heard = []

    def broken(event: TaskEvent) -> None:
        raise error

    for listener in (broken, heard.append):
        bus.on("worker-task:created", listener)
    await bus.publish(CREATED)
    assert heard == [CREATED]
    assert json.loads(log.getvalue())["event"] == "listener_failed"


async def test_a_cancellation_of_the_caller_is_passed_on(bus, log):
    bus.on("worker-task:created", lambda event: asyncio.sleep(60))
    publishing = asyncio.create_task(bus.publish(CREATED))
    await asyncio.sleep(0)
    publishing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await publishing
    assert log.getvalue() == ""


async def test_a_name_that_no_event_has_is_refused(bus):
    with pytest.raises(InvalidTaskDataError, match=r"worker-task:done.*worker-task:completed"):
        bus.on("worker-task:done", print)


async def test_an_event_is_heard_once_somebody_listens(bus):
    assert not bus.is_heard("worker-task:created")
    bus.on("worker-task:created", print)
    assert bus.is_heard("worker-task:created") and not bus.is_heard("worker-task:failed")
    bus.on(ALL_EVENTS, print)
    assert bus.is_heard("worker-task:failed")


async def test_a_listener_that_nothing_else_holds_stays_subscribed(bus):
    heard = []

    class Alert:
        def ring(self, event: TaskEvent) -> None:
            heard.append(event)

    bus.on("worker-task:created", Alert().ring)
    await bus.publish(CREATED)
    assert heard == [CREATED]
