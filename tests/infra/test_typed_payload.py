from __future__ import annotations

import dataclasses
import threading
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr, TypeAdapter

from backstage import EnqueueTask, Worker
from backstage.domain.errors import InvalidTaskDataError
from backstage.infra.container import Container
from backstage.infra.typed_payload import encode_typed_payload


class Colour(Enum):
    RED = "red"


class Inner(BaseModel):
    at: datetime


@dataclasses.dataclass
class Part:
    name: str


@dataclasses.dataclass
class LongPart(Part):
    length: int = 0


@dataclasses.dataclass
class Order:
    id: UUID
    price: Decimal
    tags: set[str]
    raw: bytes
    colour: Colour
    inner: Inner | None
    either: UUID | str
    pair: tuple[int, ...]
    loose: Any
    part: Part
    total: int = dataclasses.field(init=False, default=0)


text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)
orders = st.builds(
    Order,
    id=st.uuids(),
    price=st.decimals(allow_nan=False, allow_infinity=False),
    tags=st.sets(text, max_size=2),
    raw=st.binary(max_size=2),
    colour=st.just(Colour.RED),
    inner=st.none() | st.datetimes().map(lambda at: Inner(at=at)),
    either=st.uuids() | text | st.uuids().map(str),
    pair=st.lists(st.integers(0, 9), max_size=3).map(tuple),
    loose=st.none() | text | st.uuids() | st.lists(st.integers(0, 9)) | st.tuples(st.integers(0, 9)),
    part=st.builds(Part, text) | st.builds(LongPart, text),
)


@settings(max_examples=150, deadline=None)
@given(orders)
def test_a_dataclass_is_read_back_as_an_equal_value_or_refused_with_a_path(order: Order) -> None:
    try:
        stored = encode_typed_payload(order)
    except InvalidTaskDataError as error:
        assert all(each.field.startswith("payload.") for each in error.fields)
    else:
        assert TypeAdapter(Order).validate_json(stored) == order


@dataclasses.dataclass
class Holder:
    what: Any = None


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (Holder(UUID(int=0)), r"payload\.what: is not the same when it is read back"),
        ([Holder({"a": (1,)})], r"payload\[0\]\.what\.a: is not the same when it is read back"),
        (Holder(threading.Lock()), r"payload\.what: cannot be dumped"),
        (Holder(Holder(SecretStr("s"))), r"payload\.what: is not the same when it is read back"),
    ],
)
async def test_a_container_refuses_a_dataclass_that_would_change(value: Any, problem: str) -> None:
    async with Container.open("memory://", silent=True) as backstage:
        for enqueueing in (
            lambda: backstage.enqueue_task(EnqueueTask("t", value)),
            lambda: backstage.enqueue_tasks([EnqueueTask("t", value)]),
        ):
            with pytest.raises(InvalidTaskDataError, match=problem):
                await enqueueing()


async def test_a_worker_refuses_it_too() -> None:
    async with Worker("memory://", silent=True) as worker:
        with pytest.raises(InvalidTaskDataError, match="read back"):
            await worker.enqueue("t", Holder(UUID(int=0)))
