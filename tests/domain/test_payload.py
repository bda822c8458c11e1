from __future__ import annotations

import dataclasses
import json
import threading
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, Flag, IntEnum, StrEnum
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter, computed_field

from backstage.domain import payload
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.limits import MAX_PAYLOAD_BYTES
from backstage.domain.payload import decode_payload, encode_payload, encode_result

Point = namedtuple("Point", "x y")


class Colour(StrEnum):
    RED = "red"


class OldColour(str, Enum):  # noqa: UP042 - its str() is its name, unlike that of a StrEnum
    RED = "red"


class Size(IntEnum):
    LARGE = 3


class Place(Enum):
    HOME = (1, 2)


class Shade(Enum):
    DARK = "dark"
    LEVEL = 1.5


class Access(Flag):
    READ = 1
    WRITE = 2


@dataclasses.dataclass
class Letter:
    to: str
    parts: Any = ()


class Email(BaseModel):
    to: str
    at: datetime


def nested(levels: int, innermost: Any = None) -> Any:
    value = innermost
    for _ in range(levels):
        value = [value]
    return value


def nested_objects(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


def cyclic() -> Any:
    items: list[Any] = [1]
    items.append(items)
    return {"items": items}


def cyclic_dataclass() -> Any:
    letter = Letter("a")
    letter.parts = [letter]
    return letter


REFUSED: dict[str, tuple[Any, str, str]] = {
    "NaN": ({"a": [1, float("nan")]}, "payload.a[1]", "nan"),
    "infinity": ({"a": float("inf")}, "payload.a", "inf"),
    "minus infinity": ([float("-inf")], "payload[0]", "-inf"),
    "a lone surrogate": ({"a": "x\ud800"}, "payload.a", "surrogate"),
    "a lone surrogate in a key": ({"b": {"\udfff": 1}}, "a key of payload.b", "surrogate"),
    "NUL": ({"a": "x\0"}, "payload.a", "NUL"),
    "NUL in a key": ({"\0": 1}, "a key of payload", "NUL"),
    "2**63": ({"n": 2**63}, "payload.n", "64 bits"),
    "-2**63 - 1": ([-(2**63) - 1], "payload[0]", "64 bits"),
    "10**5000": ({"n": 10**5000}, "payload.n", "64 bits"),
    "bytes": ({"a": b"x"}, "payload.a", "type bytes"),
    "a set": ({"a": {1}}, "payload.a", "type set"),
    "a datetime without a zone": ({"at": datetime(2026, 1, 1)}, "payload.at", "without a zone"),  # noqa: DTZ001
    "a Decimal that is no number": ([[Decimal("NaN")]], "payload[0][0]", "NaN"),
    "a time in a named zone": ({"at": time(9, tzinfo=ZoneInfo("Europe/Rome"))}, "payload.at", "depends on the day"),
    "a member with a tuple as its value": ({"p": Place.HOME}, "payload.p", "whose value is of type tuple"),
    "a UUID as a key": ({UUID(int=0): 1}, "payload", "which is not a string"),
    "a function": ({"f": len}, "payload.f", "type builtin_function"),
    "a class": ({"c": Letter}, "payload.c", "type type"),
    "a generator": ({"g": (n for n in ())}, "payload.g", "type generator"),
    "an int as a key": ({"a": {1: "x"}}, "payload.a", "the key 1"),
    "a huge int as a key": ({10**5000: "x"}, "payload", "the key a int"),
    "None as a key": ({None: 1}, "payload", "the key None"),
    "True as a key": ({True: 1}, "payload", "the key True"),
    "a tuple as a key": ({(1, 2): 1}, "payload", "the key (1, 2)"),
    "keys that JSON would make one": ({"1": "a", 1: "b"}, "payload", "the key 1"),
    "a set in a dataclass": (Letter("a", {1}), "payload.parts", "type set"),
    "a field that was never set": ({"l": Letter.__new__(Letter)}, "payload.l.to", "AttributeError"),
    "a lock in a dataclass": (Letter("a", threading.Lock()), "payload.parts", "type lock"),
    "NaN in a tuple in a dataclass": ([Letter("a", (0, float("nan")))], "payload[0].parts[1]", "nan"),
}


@pytest.mark.parametrize(("value", "path", "problem"), REFUSED.values(), ids=REFUSED.keys())
def test_what_json_has_not_is_refused_by_its_path(value: Any, path: str, problem: str) -> None:
    with pytest.raises(InvalidTaskDataError) as caught:
        encode_payload(value)
    [error] = caught.value.fields
    assert error.field == path
    assert problem in error.message


def test_the_path_begins_with_the_name_of_the_field() -> None:
    with pytest.raises(InvalidTaskDataError) as caught:
        encode_payload({"a": {1}}, field="result")
    assert caught.value.fields[0].field == "result.a"


@pytest.mark.parametrize("value", [nested(64), nested(63, {"a": 1}), nested_objects(64), nested(63, [])])
def test_sixty_four_levels_are_taken(value: Any) -> None:
    assert decode_payload(encode_payload(value)) == value


@pytest.mark.parametrize("levels", [65, 500, 10_000, 100_000])
def test_more_than_sixty_four_levels_are_refused(levels: int) -> None:
    with pytest.raises(InvalidTaskDataError, match="deeper than 64 levels"):
        encode_payload(nested(levels))


@pytest.mark.parametrize("innermost", [[], {}, (), 1, None])
def test_the_sixty_fifth_level_is_refused_even_when_it_is_empty(innermost: Any) -> None:
    value = nested(64 if isinstance(innermost, (list, dict, tuple)) else 65, innermost)
    with pytest.raises(InvalidTaskDataError, match="deeper than 64 levels"):
        encode_payload(value)


def test_objects_count_as_levels() -> None:
    with pytest.raises(InvalidTaskDataError, match="deeper than 64 levels"):
        encode_payload(nested_objects(65))


def test_many_flat_lists_are_not_deep() -> None:
    value = [[n] for n in range(1000)]
    assert decode_payload(encode_payload(value)) == value


@pytest.mark.parametrize("value", [cyclic(), cyclic_dataclass()], ids=["a list", "a dataclass"])
def test_a_cycle_is_refused_as_too_deep(value: Any) -> None:
    with pytest.raises(InvalidTaskDataError, match="deeper than 64 levels"):
        encode_payload(value)


def test_a_long_path_is_shortened() -> None:
    with pytest.raises(InvalidTaskDataError) as caught:
        encode_payload({"k" * 10_000: [float("nan")]})
    assert len(caught.value.fields[0].field) < 130


def test_a_payload_of_one_mebibyte_is_taken() -> None:
    assert len(encode_payload("x" * (MAX_PAYLOAD_BYTES - 2))) == MAX_PAYLOAD_BYTES


def test_a_payload_of_one_byte_more_is_refused() -> None:
    with pytest.raises(InvalidTaskDataError, match="1,048,577 bytes") as caught:
        encode_payload("x" * (MAX_PAYLOAD_BYTES - 1))
    assert caught.value.fields[0].field == "payload"


def test_the_limit_counts_bytes_and_not_characters() -> None:
    assert encode_payload("ü", limit=4) == '"ü"'
    with pytest.raises(InvalidTaskDataError, match="4 bytes"):
        encode_payload("ü", limit=3)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((1, (2, 3)), "[1,[2,3]]"),
        (Point(1, 2), "[1,2]"),
        (Letter("a", ("b",)), '{"to":"a","parts":["b"]}'),
        ([Letter("a")], '[{"to":"a","parts":[]}]'),
        (Letter("a", Letter("b")), '{"to":"a","parts":{"to":"b","parts":[]}}'),
        (Email(to="a", at=datetime(2026, 1, 1, tzinfo=UTC)), '{"to":"a","at":"2026-01-01T00:00:00Z"}'),
        (
            {"m": (Email(to="a", at=datetime(2026, 1, 1, tzinfo=UTC)),)},
            '{"m":[{"to":"a","at":"2026-01-01T00:00:00Z"}]}',
        ),
        (OrderedDict(b=1, a=2), '{"b":1,"a":2}'),
        (Size.LARGE, "3"),
        ({"n": (Size.LARGE,)}, '{"n":[3]}'),
        (Colour.RED, '"red"'),
        (OldColour.RED, '"red"'),
        ({"c": (OldColour.RED,), OldColour.RED: 1}, '{"c":["red"],"red":1}'),
        ([2**63 - 1, -(2**63)], "[9223372036854775807,-9223372036854775808]"),
        (True, "true"),
        (None, "null"),
        ("\\u0000 spelled out", '"\\\\u0000 spelled out"'),
        ("\x7f\u2028é🎈", '"\x7f\u2028é🎈"'),
    ],
)
def test_what_is_nearly_json_becomes_json(value: Any, text: str) -> None:
    assert encode_payload(value) == text


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (datetime(2026, 1, 31, 8, tzinfo=UTC), "2026-01-31T08:00:00+00:00"),
        (datetime(2026, 7, 1, 8, tzinfo=ZoneInfo("Europe/Rome")), "2026-07-01T08:00:00+02:00"),
        (date(2026, 1, 31), "2026-01-31"),
        (time(8, 30), "08:30:00"),
        (timedelta(days=1, seconds=90), "P1DT90S"),
        (timedelta(microseconds=-1), "-PT0.000001S"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Decimal("-1.50"), "-1.50"),
        (PurePosixPath("/a/b"), "/a/b"),
        (PureWindowsPath("c:/a"), "c:\\a"),
        (Shade.DARK, "dark"),
        (Shade.LEVEL, 1.5),
        (Access.READ | Access.WRITE, 3),
    ],
)
def test_what_python_has_and_json_has_not_is_stored_in_one_form(value: Any, form: Any) -> None:
    assert decode_payload(encode_payload({"a": [value]})) == {"a": [form]}
    assert decode_payload(encode_payload(value)) == form


odd_offsets = st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(timezone)


@given(
    st.datetimes(timezones=st.timezones() | odd_offsets).filter(lambda at: 1 < at.year < 9999)
    | st.dates()
    | st.times()
    | st.times(timezones=st.just(UTC))
    | st.timedeltas()
    | st.uuids()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.sampled_from([*Shade, *Colour, *OldColour, *Size, *Access, Path("/a"), PurePosixPath("b")])
)
def test_pydantic_reads_the_stored_form_back_as_the_same_value(value: Any) -> None:
    assert TypeAdapter(type(value)).validate_json(encode_payload(value)) == value


def wide(count: int) -> dict[str, Any]:
    return {f"k{n}": n for n in range(count)}


@pytest.mark.parametrize(
    "value",
    [wide(300_000), {"a": wide(100_000)}, [[]] * 600_000, [UUID(int=0), *range(600_000)], {"a": (wide(100_000),)}],
    ids=["an object", "an object in an object", "a list", "a list with another type", "in a tuple"],
)
def test_a_payload_that_is_too_wide_is_refused_before_it_is_read_back(value: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(payload, "_decode", None)  # reading back took most of the time
    with pytest.raises(InvalidTaskDataError, match="the limit is 1,048,576"):
        encode_payload(value)


def test_a_wide_payload_of_plain_json_is_not_walked_through(monkeypatch: Any) -> None:
    monkeypatch.setattr(payload, "PlainJson", None)
    value = [[] for _ in range(60_000)]
    assert len(encode_payload(value)) == 180_001


class Squared(BaseModel):
    x: int = Field(alias="theX")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def square(self) -> int:
        return self.x * self.x


def test_a_result_is_told_whole_and_by_the_names_of_its_fields() -> None:
    assert encode_result({"s": Squared(theX=3)}) == '{"s":{"x":3,"square":9}}'
    assert encode_payload({"s": Squared(theX=3)}) == '{"s":{"theX":3}}'


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), inner, max_size=5)
    ),
    max_leaves=30,
)


@given(json_values)
def test_every_json_value_comes_back_as_it_was(value: Any) -> None:
    text = encode_payload(value)
    assert json.dumps(decode_payload(text)) == json.dumps(value)
    text.encode()


@given(json_values | st.floats(-1e-3, 1e-3) | st.floats(1e15, 1e22) | st.uuids().map(str))
def test_every_json_value_is_written_as_the_standard_library_writes_it(value: Any) -> None:
    assert encode_payload({"of": [value]}) == json.dumps({"of": [value]}, ensure_ascii=False, separators=(",", ":"))


@given(json_values)
def test_a_value_in_a_tuple_is_encoded_as_in_a_list(value: Any) -> None:
    assert encode_payload((value,)) == encode_payload([value])


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=3) | st.just(Letter("a")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers() | st.none() | st.booleans(), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(anything)
def test_any_value_is_either_json_after_a_round_trip_or_refused_in_one_way(value: Any) -> None:
    try:
        text = encode_payload(value)
    except InvalidTaskDataError as error:
        assert error.fields[0].field.removeprefix("a key of ").startswith("payload")
    else:
        assert encode_payload(decode_payload(text)) == text


FOREIGN = [
    *("18446744073709551616", "-9223372036854775809", "-0", "-0.0", "1E5", "5e-324", "1e400", "NaN", "-Infinity"),
    *(' {"a": 1} ', '{"a": 1, "a": 2}', '"\\u0000"', '"\x00"', '"\\ud800"', '"\\ud83d\\ude00"', "[" * 900 + "]" * 900),
    *("", "[1,]", "01", "1 2", "\ufeff1", "1" * 5000, "{'a': 1}"),
]


@pytest.mark.parametrize("text", FOREIGN)
def test_what_somebody_else_wrote_is_read_as_python_itself_reads_it(text: str) -> None:
    assert _told(decode_payload, text) == _told(json.loads, text)


def _told(read: Callable[[str], Any], text: str) -> str:
    try:
        return repr(read(text))
    except ValueError as error:
        return f"{type(error)} {error}"
