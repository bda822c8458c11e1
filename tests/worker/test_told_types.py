"""What a worker tells of its handlers when it starts."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, create_model

from backstage.domain.type_definition import LONGEST_SCHEMA
from backstage.worker.handling.handler import TaskHandlerRegistration
from backstage.worker.handling.handler_registry import HandlerRegistry
from tests.worker.workers import Workers, memory, until_some

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


@dataclass
class Email:
    to: str
    copies: int = 1


class Report(BaseModel):
    months: list[int]


class Anything:
    def __call__(self, payload: Any) -> None: ...


def wrapped(function: Any) -> Any:
    @functools.wraps(function)
    def around(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return around


@wrapped
def send(email: Email) -> None: ...


async def build(report: Report) -> None: ...


def big(payload: Any) -> None: ...


async def test_a_worker_tells_once_where_its_handlers_are_and_what_they_take(workers: Workers) -> None:
    backend = memory()
    worker = workers.over(backend)
    worker.on("mail:send", send)
    worker.on("report:build", build, version=3)
    await worker.start()
    told = await until_some(worker.backstage.list_type_definitions, 2)
    await worker.stop()
    first, second = told
    assert first.source == f"{__name__}:{send.__wrapped__.__code__.co_firstlineno}"
    assert json.loads(first.schema or "")["required"] == ["to"]
    assert (second.type, second.version, json.loads(second.schema or "")["title"]) == ("report:build", 3, "Report")


def test_a_handler_that_takes_anything_has_no_schema_and_a_callable_object_has_a_line() -> None:
    handlers = HandlerRegistry()
    handlers.add(TaskHandlerRegistration("any", Anything()))
    handlers.add(TaskHandlerRegistration("bound", functools.partial(big)))
    handlers.add(TaskHandlerRegistration("unserved", big))
    told = handlers.definitions(["any", "bound@2"], NOON)
    assert [(each.type, each.schema, each.line) for each in told] == [
        ("any", None, Anything.__call__.__code__.co_firstlineno),
        ("bound", None, big.__code__.co_firstlineno),
    ]


def test_a_schema_that_is_too_long_is_not_told() -> None:
    fields = {f"field_{number:04}": (int, 0) for number in range(LONGEST_SCHEMA // 20)}

    def handle(payload: Any) -> None: ...

    handle.__annotations__ = {"payload": create_model("Wide", **fields)}
    handlers = HandlerRegistry()
    handlers.add(TaskHandlerRegistration("wide", handle))
    [told] = handlers.definitions(["wide"], NOON)
    assert told.schema is None
