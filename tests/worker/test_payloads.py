from __future__ import annotations

import dataclasses
import typing
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
import typing_extensions
from pydantic import BaseModel, ConfigDict, SecretStr, computed_field
from pydantic.alias_generators import to_camel

from backstage import TaskContext
from backstage.domain.attempt import Attempt
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.outcome import OutcomeKind
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.memory.backend import MemoryBackend
from tests.worker.workers import Workers, attempts, finish, memory, play


class Model(BaseModel):
    n: int
    tags: list[str] = []


@dataclasses.dataclass
class Data:
    n: int
    tags: list[str] = dataclasses.field(default_factory=list)


class Item(typing.TypedDict):
    n: int


class Typed(Item, total=False):
    tags: list[str]
    items: list[Item]
    parent: Item | None


class Newer(typing_extensions.TypedDict):
    n: int
    tags: typing_extensions.NotRequired[list[str]]


def shown(payload: Any) -> dict[str, Any]:
    return {"type": type(payload).__name__, "value": payload}


def model(payload: Model) -> Any:
    return shown(payload)


def data(payload: Data) -> Any:
    return shown(payload)


def typed(payload: Typed) -> Any:
    return shown(payload)


def newer(payload: Newer) -> Any:
    return shown(payload)


def mapping(payload: dict[str, Any]) -> Any:
    return shown(payload)


def untyped(payload) -> Any:  # type: ignore[no-untyped-def]
    return shown(payload)


@pytest.mark.parametrize(
    ("function", "type_name"),
    [(model, "Model"), (data, "Data"), (typed, "dict"), (newer, "dict"), (mapping, "dict"), (untyped, "dict")],
)
async def test_a_payload_arrives_as_the_handlers_type(any_workers: Workers, function: Any, type_name: str) -> None:
    payload = {"n": 1, "tags": ["a"]}
    assert (await any_workers.run(function, payload)).result == {"type": type_name, "value": payload}


@pytest.mark.parametrize("payload", [None, 7, "text", [1, [2]], {"a": {"b": None}}, True, 1.5, "🜁"])
async def test_an_untyped_payload_arrives_as_it_was_given(workers: Workers, payload: Any) -> None:
    assert (await workers.run(untyped, payload)).result == {"type": type(payload).__name__, "value": payload}


@pytest.mark.parametrize("payload", [Model(n=1, tags=["a"]), Data(1, ["a"])])
async def test_a_model_or_dataclass_can_be_enqueued(any_workers: Workers, payload: Any) -> None:
    assert (await any_workers.run(model, payload)).result["value"] == {"n": 1, "tags": ["a"]}


async def test_a_typed_dict_is_checked_through_and_through(workers: Workers) -> None:
    good = await workers.run(typed, {"n": 1, "items": [{"n": 2}], "parent": None})
    assert good.result["value"] == {"n": 1, "items": [{"n": 2}], "parent": None}
    bad = await workers.run(typed, {"n": 1, "items": [{"n": "x"}]})
    assert bad.last_failure is not None
    assert bad.last_failure.message.startswith("payload.items[0].n: ")


async def test_local_classes_may_type_a_payload(workers: Workers) -> None:
    class Local(BaseModel):
        n: int

    worker = workers.new(until_idle=True)

    @worker.on("decorated")
    async def decorated(payload: Local) -> str:
        return f"{type(payload).__name__} {payload.n}"

    async def called(payload: Local) -> str:
        return f"{type(payload).__name__} {payload.n}"

    worker.on("called", called)
    decorated_task = await worker.enqueue("decorated", {"n": 1})
    assert decorated_task is not None
    assert (await play(worker, "called", {"n": 2})).result == "Local 2"
    assert (await worker.backstage.get_task(decorated_task.id)).result == "Local 1"


async def test_a_handler_may_take_nothing(any_workers: Workers) -> None:
    async def nothing() -> str:
        return "ran"

    assert (await any_workers.run(nothing, {"ignored": 1})).result == "ran"


def by_name(payload: Any, context: Any) -> list[Any]:
    return [payload, context.attempt]


def turned_round(context: Any, payload: Any) -> list[Any]:
    return [payload, context.attempt]


def by_annotation(run: TaskContext, anything: int) -> list[Any]:
    return [anything, run.attempt]


def keywords_only(*, context: TaskContext, order: int) -> list[Any]:
    return [order, context.attempt]


def with_defaults(order: int = 0, context: TaskContext | None = None, region: str = "eu") -> list[Any]:
    return [order, context.attempt if context else None]


@pytest.mark.parametrize("function", [by_name, turned_round, by_annotation, keywords_only, with_defaults])
async def test_payload_and_context_are_given_by_name_and_annotation(workers: Workers, function: Any) -> None:
    assert (await workers.run(function, 5)).result == [5, 1]


class Order(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")
    order_id: UUID
    placed_at: datetime
    seen_tags: set[str] = set()

    @computed_field  # type: ignore[prop-decorator]
    @property
    def count_of_tags(self) -> int:
        return len(self.seen_tags)


async def test_an_enqueued_model_arrives_as_an_equal_one(any_workers: Workers) -> None:
    order = Order(orderId=UUID(int=7), placedAt=datetime(2026, 1, 31, tzinfo=UTC), seenTags={"a"})
    got = []

    async def handler(payload: Order) -> None:
        got.append(payload)

    assert (await any_workers.run(handler, order)).state is TaskState.COMPLETED
    assert got == [order]


@dataclasses.dataclass
class Report:
    about: Task
    attempts: list[Attempt]


async def test_a_payload_may_hold_a_task_and_its_attempts(workers: Workers) -> None:
    about = await workers.run(lambda: None)
    end = Attempt(about.id, 1, 1, "w", about.created_at, about.created_at, OutcomeKind.COMPLETED)
    got = []

    async def handler(payload: Report) -> None:
        got.append(payload)

    assert (await workers.run(handler, Report(about, [end]))).state is TaskState.COMPLETED
    assert got == [Report(about, [end])]


class Sent(typing_extensions.TypedDict):
    id: UUID
    on: date
    price: Decimal
    at: datetime


async def test_an_annotation_reads_back_what_json_has_not(any_workers: Workers) -> None:
    sent = {
        "id": UUID(int=7),
        "on": date(2026, 1, 31),
        "price": Decimal("1.50"),
        "at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    got = []

    async def handler(payload: Sent) -> None:
        got.append(payload)

    await any_workers.run(handler, sent)
    assert got == [sent]


async def test_a_secret_in_a_model_is_refused_at_the_door(workers: Workers) -> None:
    class Login(BaseModel):
        password: SecretStr

    with pytest.raises(InvalidTaskDataError, match=r"^payload\.password: "):
        await workers.new().enqueue("t", Login(password=SecretStr("s")))


async def test_a_context_alone_is_enough(workers: Workers) -> None:
    def only(context: TaskContext) -> Any:
        return [context.task.payload, context.attempt, context.fence, context.worker_id[:2], context.correlation_id]

    task = await workers.run(only, 5)
    assert task.result == [5, 1, 1, "w.", task.id]


async def test_metadata_reaches_the_handler(any_workers: Workers) -> None:
    worker = any_workers.new(until_idle=True)
    worker.on("t", lambda context: dict(context.metadata))
    assert (await play(worker, "t", metadata={"tenant": "7"})).result == {"tenant": "7"}


async def test_a_payload_that_does_not_fit_is_a_dead_letter_at_once(any_workers: Workers) -> None:
    called = []

    async def handler(payload: Model) -> None:
        called.append(payload)

    worker = any_workers.new(until_idle=True)
    worker.on("t", handler, max_attempts=5)
    task = await play(worker, "t", {"n": "many", "tags": ["a", 2]})
    assert (task.state, task.attempt, called) == (TaskState.FAILED, 1, [])
    assert task.last_failure is not None
    assert task.last_failure.type == "InvalidTaskDataError"
    assert "payload.n: Input should be a valid integer" in task.last_failure.message
    assert "payload.tags[1]: Input should be a valid string" in task.last_failure.message
    [attempt] = await attempts(worker, task)
    assert attempt.failure == task.last_failure


@pytest.mark.parametrize("function", [model, untyped])
@pytest.mark.parametrize("text", ["{not json", "[" * 100_000], ids=["rubbish", "bottomless"])
async def test_a_stored_payload_that_is_no_json_is_a_dead_letter_at_once(
    workers: Workers, function: Any, text: str
) -> None:
    backend: MemoryBackend = memory()
    worker = workers.over(backend, until_idle=True)
    worker.on("t", function)
    task = await worker.enqueue("t")
    assert task is not None
    backend._store.put(msgspec.structs.replace(task, payload_json=text))
    await finish(worker)
    ended = await worker.backstage.get_task(task.id)
    assert (ended.state, ended.attempt) == (TaskState.FAILED, 1)
    assert ended.last_failure is not None
    assert ended.last_failure.type == "UndecodableTask"
