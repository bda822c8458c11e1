"""What is enqueued is read back as an equal value, or refused with the path of what is not."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import pydantic
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    Json,
    PrivateAttr,
    RootModel,
    SecretStr,
    TypeAdapter,
    computed_field,
    field_serializer,
    model_validator,
)
from pydantic.alias_generators import to_camel
from typing_extensions import TypedDict

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.payload import encode_payload

Item = TypeVar("Item")


class Colour(Enum):
    RED = "red"
    BLUE = 2


class Line(TypedDict, total=False):
    sku: str
    price: Decimal


@dataclasses.dataclass
class Point:
    x: int
    tags: set[str] = dataclasses.field(default_factory=set)


@pydantic.dataclasses.dataclass
class Place:
    city_name: str = Field(alias="cityName")
    at: datetime | None = None


class Box(BaseModel, Generic[Item]):
    item: Item


class Card(BaseModel):
    kind: Literal["card"] = "card"
    last: Annotated[str, Field(serialization_alias="lastDigits")]


class Cash(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["cash"] = "cash"
    amount: Decimal = Field(validation_alias=AliasPath("sum", "parts", 0))

    @computed_field  # type: ignore[prop-decorator]
    @property
    def double(self) -> Decimal:
        return self.amount * 2


class Ids(RootModel[list[UUID]]):
    pass


class Order(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="allow")
    order_id: UUID
    placed_at: datetime
    due_on: date | None = None
    wait_for: timedelta = timedelta(0)
    colour_of: Colour = Colour.RED
    raw_bytes: bytes = b""
    seen_ids: set[int] = set()
    ratio_or_text: float | str = 0.0
    by_day: dict[date, list[int]] = {}
    pair_of: tuple[int, str] = (0, "")
    lines_in: list[Line] = []
    point_at: Point | None = None
    place_at: Place | None = None
    boxed_item: Box[UUID] | Box[int] | None = None
    paid_by: Card | Cash | None = Field(default=None, discriminator="kind")
    other_ids: Ids = Ids([])
    raw_json: Json[list[int]] | None = None
    chosen_one: int = Field(default=0, validation_alias=AliasChoices("chosen", "picked"), serialization_alias="which")
    anything_else: Any = None


def _is_its_own_equal(at: datetime) -> bool:
    """Not in an hour that clocks repeat or leave out: there Python calls one moment in two zones different."""
    return at.utcoffset() == at.replace(fold=1 - at.fold).utcoffset()


text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)
cents = st.decimals(allow_nan=False, allow_infinity=False, places=2)
small = st.integers(-(2**40), 2**40)
cards = st.builds(Card, last=text)
cash = cents.map(lambda amount: Cash.model_construct(amount=amount))
places = st.builds(lambda city, at: Place(cityName=city, at=at), text, st.none() | st.datetimes())
orders = st.builds(
    Order.model_construct,
    order_id=st.uuids(),
    placed_at=st.datetimes(datetime(1980, 1, 1), timezones=st.timezones()).filter(_is_its_own_equal)  # noqa: DTZ001
    | st.datetimes(),
    due_on=st.none() | st.dates(),
    wait_for=st.timedeltas(),
    colour_of=st.sampled_from(Colour),
    raw_bytes=st.binary(max_size=3),
    seen_ids=st.sets(small, max_size=3),
    ratio_or_text=st.floats() | text,
    by_day=st.dictionaries(st.dates(), st.lists(small, max_size=2), max_size=2),
    pair_of=st.tuples(small, text),
    lines_in=st.lists(st.builds(lambda sku, price: Line(sku=sku, price=price), text, cents), max_size=2),
    point_at=st.none() | st.builds(Point, small, st.sets(text, max_size=2)),
    place_at=st.none() | places,
    boxed_item=st.none() | st.uuids().map(lambda item: Box[UUID](item=item)) | small.map(lambda n: Box[int](item=n)),
    paid_by=st.none() | cards | cash,
    other_ids=st.lists(st.uuids(), max_size=2).map(Ids),
    raw_json=st.none() | st.lists(small, max_size=2),
    chosen_one=small,
    anything_else=st.none() | small | text | st.uuids() | st.lists(small) | st.tuples(small),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(orders)
def test_a_model_is_read_back_as_an_equal_value_or_refused_with_a_path(order: Order) -> None:
    try:
        stored = encode_payload(order)
    except InvalidTaskDataError as error:
        assert all(each.field.startswith("payload.") for each in error.fields)
    else:
        assert Order.model_validate_json(stored) == order


@settings(max_examples=50, suppress_health_check=list(HealthCheck), deadline=None)
@given(orders)
def test_what_a_handler_of_the_same_model_can_read_is_not_refused(order: Order) -> None:
    order.ratio_or_text = "one"
    order.raw_bytes = b"ascii"
    order.anything_else = {"plain": [1]}
    assert Order.model_validate_json(encode_payload(order)) == order


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")),
        datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1),
        datetime(2026, 3, 29, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")),
    ],
    ids=["before clocks are set back", "after it", "which clocks leave out"],
)
def test_a_moment_is_not_refused_in_an_hour(at: datetime) -> None:
    order = Order.model_construct(order_id=UUID(int=1), placed_at=at)
    stored = Order.model_validate_json(encode_payload(order))
    assert stored.placed_at.astimezone(UTC) == at.astimezone(UTC)


class Aliased(BaseModel):
    user_id: int = Field(alias="userId")


class Split(BaseModel):
    user_id: int = Field(validation_alias="userId", serialization_alias="uid")
    inner: list[Aliased] = []


class ByName(BaseModel):
    model_config = ConfigDict(validate_by_name=True, validate_by_alias=False)
    user_id: int = Field(alias="userId")


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (Aliased(userId=1), '{"userId":1}'),
        (Split(userId=1, inner=[Aliased(userId=2)]), '{"userId":1,"inner":[{"userId":2}]}'),
        (ByName(user_id=1), '{"user_id":1}'),
        (Card(last="1"), '{"kind":"card","last":"1"}'),
        (Cash.model_validate({"sum": {"parts": ["1.5"]}}), '{"kind":"cash","sum":{"parts":["1.5"]}}'),
        (Place(cityName="Rome"), '{"cityName":"Rome","at":null}'),
        (Ids([]), "[]"),
        ([Aliased(userId=1)], '[{"userId":1}]'),
        ({"place": (Place(cityName="Rome"),)}, '{"place":[{"cityName":"Rome","at":null}]}'),
    ],
)
def test_a_model_is_stored_by_the_keys_that_its_validation_takes(value: Any, stored: str) -> None:
    assert encode_payload(value) == stored
    if not isinstance(value, (list, dict)):
        assert TypeAdapter(type(value)).validate_json(stored) == value


class Login(BaseModel):
    user: str
    password: SecretStr


class Partial(BaseModel):
    kept: int = 0
    left_out: int = Field(default=0, exclude=True)


class Outer(BaseModel):
    logins: list[Login] = []
    partial: Partial | None = None
    loose: Any = None
    base: Partial = Partial()


class More(Partial):
    more: int = 1


class Hashed(BaseModel):
    value: str

    @model_validator(mode="after")
    def change(self) -> Hashed:
        self.value = f"hashed {self.value}"
        return self


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (Login(user="a", password=SecretStr("s")), "payload.password"),
        ([{"login": Login(user="a", password=SecretStr("s"))}], "payload[0].login.password"),
        (Outer(logins=[Login(user="a", password=SecretStr("s"))]), "payload.logins[0].password"),
        (Outer(partial=Partial(left_out=1)), "payload.partial.left_out"),
        (Outer(loose={"at": datetime(2026, 1, 1)}), "payload.loose.at"),  # noqa: DTZ001
        (Outer(loose=[1, (2,)]), "payload.loose[1]"),
        (Outer(base=More()), "payload.base"),
        (Hashed(value="x"), "payload.value"),
        (Login.model_construct(user="a"), "payload.password"),
        (Login.model_construct(user=[], password=SecretStr("")), "payload.user"),
    ],
)
def test_what_would_be_read_back_as_something_else_is_refused_with_its_path(value: Any, path: str) -> None:
    with pytest.raises(InvalidTaskDataError) as caught:
        encode_payload(value)
    assert [each.field for each in caught.value.fields] == [path]
    assert "read back" in caught.value.fields[0].message
    assert "'s'" not in str(caught.value)


def test_an_excluded_field_at_its_default_is_no_loss() -> None:
    assert encode_payload(Partial(kept=1)) == '{"kept":1}'


class Guarded(BaseModel):
    n: float
    _lock: Any = PrivateAttr(default_factory=object)


def test_what_a_model_keeps_beside_its_fields_is_no_part_of_its_value() -> None:
    assert encode_payload(Guarded(n=1.5)) == '{"n":1.5}'


class Raising(BaseModel):
    n: int = 0
    data: bytes = b""
    nested: list[Raising] = []

    @field_serializer("n")
    def show(self, n: int) -> int:
        if n > 0:
            raise LookupError("no such n")
        return n


class Computing(BaseModel):
    @computed_field  # type: ignore[prop-decorator]
    @property
    def broken(self) -> int:
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("value", "path", "problem"),
    [
        (Raising(data=b"\xff"), "payload.data", "Unicode"),
        (Raising(n=1), "payload.n", "no such n"),
        ([{"r": Raising(nested=[Raising(), Raising(data=b"\xff")])}], "payload[0].r.nested[1].data", "Unicode"),
        (Outer(loose=len), "payload.loose", "Unable to serialize"),
    ],
)
def test_a_model_that_cannot_be_dumped_is_refused_with_the_path(value: Any, path: str, problem: str) -> None:
    with pytest.raises(InvalidTaskDataError, match=problem) as caught:
        encode_payload(value)
    assert [each.field for each in caught.value.fields] == [path]
    assert "cannot be dumped" in caught.value.fields[0].message


def test_a_computed_field_that_raises_is_no_part_of_a_payload() -> None:
    assert encode_payload(Computing()) == "{}"
