from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from pydantic import BaseModel

from backstage.app.enqueue_task import EnqueueTask
from backstage.domain.backoff import Backoff
from backstage.domain.dedupe import Dedupe, Duplicate
from backstage.domain.errors import ConfigurationError, InvalidTaskDataError
from backstage.domain.events import TaskCreated
from backstage.domain.priority import Priority
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState


@pytest.fixture
def enqueue(scene):
    return scene.use_cases.enqueue_task


async def test_the_stored_task_is_the_returned_one(scene, enqueue):
    task = await enqueue(EnqueueTask("email:send", {"to": "a@b.c"}))
    assert await scene.tasks.get(task.id) == task
    assert (task.type, task.payload, task.queue, task.state) == (
        "email:send",
        {"to": "a@b.c"},
        "default",
        TaskState.PENDING,
    )


async def test_everything_asked_for_is_in_the_task(enqueue):
    task = await enqueue(
        EnqueueTask(
            "email:send",
            queue="mail",
            priority=Priority.URGENT,
            dedupe=Dedupe("k", ttl=60),
            max_attempts=7,
            backoff=Backoff.fixed(2),
            timeout=10,
            soft_timeout=5,
            correlation_id="order-1",
            metadata={"tenant": "t1"},
            tags=["vip", "new", "vip"],
            key="customer 7",
            is_awaited=True,
        )
    )
    assert (task.tags, task.key, task.is_awaited) == (("vip", "new"), "customer 7", True)
    assert (task.queue, task.priority, task.dedupe, task.max_attempts) == ("mail", 100, Dedupe("k", 60), 7)
    assert (task.backoff, task.timeout, task.soft_timeout) == (Backoff.fixed(2), 10.0, 5.0)
    assert (task.correlation_id, task.metadata) == ("order-1", {"tenant": "t1"})


async def test_a_first_task_starts_its_own_workflow(enqueue):
    task = await enqueue(EnqueueTask("email:send"))
    assert (task.correlation_id, task.workflow_id, task.origin_id) == (task.id, task.id, None)


async def test_without_delay_the_task_is_due_now(scene, enqueue):
    assert (await enqueue(EnqueueTask("email:send"))).scheduled_at == scene.clock.now()
    assert (await enqueue(EnqueueTask("email:send", delay=0))).scheduled_at == scene.clock.now()


async def test_a_delay_counts_from_now(scene, enqueue):
    task = await enqueue(EnqueueTask("email:send", delay=5.5))
    assert task.scheduled_at == scene.clock.now() + timedelta(seconds=5.5)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2031, 5, 1, 10, tzinfo=timezone(timedelta(hours=2))),
        "2031-05-01T08:00:00Z",
        "2031-05-01T10:00:00+02:00",
    ],
)
async def test_a_scheduled_moment_is_kept_in_utc(enqueue, moment):
    task = await enqueue(EnqueueTask("email:send", scheduled_at=moment))
    assert task.scheduled_at == datetime(2031, 5, 1, 8, tzinfo=UTC)
    assert task.scheduled_at.tzinfo is UTC


async def test_a_dedupe_text_is_a_key_held_while_the_task_lives(enqueue):
    assert (await enqueue(EnqueueTask("email:send", dedupe="order-1"))).dedupe == Dedupe("order-1")


async def test_a_held_key_gives_the_duplicate_that_names_its_holder(scene, enqueue):
    holder = await enqueue(EnqueueTask("email:send", dedupe="order-1"))
    assert await enqueue(EnqueueTask("email:send", dedupe="order-1")) == Duplicate(holder.id, "order-1")
    assert scene.bus.names == ["worker-task:created"]


class Email(BaseModel):
    to: str


@dataclass
class Order:
    number: int


async def test_models_and_dataclasses_become_objects(enqueue):
    assert (await enqueue(EnqueueTask("email:send", Email(to="a")))).payload == {"to": "a"}
    assert (await enqueue(EnqueueTask("email:send", Order(3)))).payload == {"number": 3}


async def test_an_id_of_the_caller_makes_enqueuing_repeatable(scene, enqueue):
    request = EnqueueTask("email:send", {"n": 1}, id="018F0000-0000-7000-8000-000000000001")
    first, again = await enqueue(request), await enqueue(request)
    assert first.id == again.id == "018f0000-0000-7000-8000-000000000001"
    assert [count.tasks for count in await scene.tasks.counts()] == [1]


async def test_an_id_may_be_a_uuid_object(enqueue):
    own = UUID("018f0000-0000-7000-8000-000000000001")
    assert (await enqueue(EnqueueTask("email:send", id=own))).id == str(own)


async def test_creation_is_published(scene, enqueue):
    task = await enqueue(EnqueueTask("email:send"))
    assert scene.bus.published == [TaskCreated(task=task, at=task.created_at)]


async def test_nothing_is_published_when_nobody_listens(scene, enqueue):
    scene.bus.is_deaf = True
    await enqueue(EnqueueTask("email:send"))
    assert scene.bus.published == []


async def test_a_connection_is_refused_by_a_store_without_transactions(enqueue):
    with pytest.raises(ConfigurationError, match="connection"):
        await enqueue(EnqueueTask("email:send"), connection=object())


WRONG = [
    ("type", {"type": "no spaces please"}),
    ("type", {"type": ""}),
    ("payload.a[1]", {"payload": {"a": [1, math.nan]}}),
    ("payload", {"payload": "x" * 1024 * 1024}),
    ("queue", {"queue": None}),
    ("queue", {"queue": "q" * 129}),
    ("priority", {"priority": 40_000}),
    ("priority", {"priority": 1.5}),
    ("priority", {"priority": True}),
    ("delay", {"delay": -1}),
    ("delay", {"delay": math.nan}),
    ("delay", {"delay": "soon"}),
    ("delay", {"delay": ""}),
    ("delay", {"delay": False}),
    ("delay", {"delay": 1, "scheduled_at": datetime(2031, 1, 1, tzinfo=UTC)}),
    ("delay", {"delay": 0, "scheduled_at": datetime(2031, 1, 1, tzinfo=UTC)}),
    ("scheduled_at", {"scheduled_at": datetime(2031, 1, 1)}),  # noqa: DTZ001 - naive on purpose
    ("scheduled_at", {"scheduled_at": "2031-01-01T00:00:00"}),
    ("scheduled_at", {"scheduled_at": "tomorrow"}),
    ("scheduled_at", {"scheduled_at": 1234}),
    ("scheduled_at", {"scheduled_at": datetime(1969, 1, 1, tzinfo=UTC)}),
    ("dedupe.key", {"dedupe": ""}),
    ("dedupe.key", {"dedupe": 5}),
    ("max_attempts", {"max_attempts": 0}),
    ("backoff", {"backoff": 5}),
    ("timeout", {"timeout": 0}),
    ("soft_timeout", {"soft_timeout": -1}),
    ("correlation_id", {"correlation_id": ""}),
    ("correlation_id", {"correlation_id": "c" * 513}),
    ("metadata", {"metadata": ["a"]}),
    ("metadata", {"metadata": {"k": "x" * 16 * 1024}}),
    ("metadata.k", {"metadata": {"k": 1}}),
    ("metadata.k", {"metadata": {"k": "\0"}}),
    ("tags", {"tags": "vip"}),
    ("tags", {"tags": [str(n) for n in range(9)]}),
    ("tags[1]", {"tags": ["vip", ""]}),
    ("tags[0]", {"tags": ["t" * 65]}),
    ("tags[0]", {"tags": [7]}),
    ("key", {"key": ""}),
    ("key", {"key": "k" * 129}),
    ("is_awaited", {"is_awaited": "yes"}),
    ("id", {"id": "7"}),
    ("id", {"id": 7}),
]


@pytest.mark.parametrize(("field", "options"), WRONG)
async def test_what_breaks_a_limit_is_named_and_not_stored(scene, enqueue, field, options):
    with pytest.raises(InvalidTaskDataError) as caught:
        await enqueue(EnqueueTask(**{"type": "email:send", **options}))
    assert caught.value.fields[0].field == field
    assert await scene.tasks.counts() == []


async def test_a_type_in_place_of_a_request_is_answered_with_the_call_that_takes_one(enqueue):
    with pytest.raises(TypeError, match=r"^enqueue_task\(\) takes an EnqueueTask, not 'email:send': write enqueue\("):
        await enqueue("email:send")


async def test_later_changes_to_the_request_do_not_reach_the_task(enqueue):
    payload, metadata = {"n": 1}, {"k": "v"}
    task = await enqueue(EnqueueTask("email:send", payload, metadata=metadata))
    payload["n"], metadata["k"] = 2, "w"
    assert isinstance(task, Task)
    assert (task.payload, task.metadata) == ({"n": 1}, {"k": "v"})
