from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstage.domain import limits
from backstage.domain.errors import InvalidTaskDataError, TaskError
from backstage.domain.limits import (
    EARLIEST,
    LATEST,
    check_attempts,
    check_id,
    check_moment,
    check_name,
    check_priority,
    check_seconds,
    check_text,
    storable,
)


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("no")


def test_an_id_is_taken() -> None:
    assert check_id("task", "01940000-0000-7000-8000-00000000beef") == "01940000-0000-7000-8000-00000000beef"


@pytest.mark.parametrize(
    "task_id",
    [
        "",
        "01940000-0000-7000-8000-00000000BEEF",
        "0194000000007000800000000000beef",
        "{01940000-0000-7000-8000-00000000beef}",
        "01940000-0000-7000-8000-00000000beef\n",
        " 01940000-0000-7000-8000-00000000beef",
        "01940000-0000-7000-8000-00000000beeg",
        "01940000-0000-7000-8000-0000000beef",
        "\u06601940000-0000-7000-8000-00000000beef",
        None,
        1,
        b"01940000-0000-7000-8000-00000000beef",
        Unprintable(),
    ],
)
def test_what_is_no_id_is_refused_with_its_field_and_the_remedy(task_id: Any) -> None:
    with pytest.raises(InvalidTaskDataError, match="UUID in lower case") as caught:
        check_id("after", task_id)
    assert [each.field for each in caught.value.fields] == ["after"]


@pytest.mark.parametrize("name", ["a", "_", "0", "email:send", "a.b-c_d:e", "A" * 128])
def test_a_name_is_taken(name: str) -> None:
    assert check_name("queue", name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "a b",
        "a\n",
        "\na",
        ".a",
        "-a",
        ":a",
        "ü",
        "a/b",
        "a" * 129,
        "a\0",
        "٣",
        None,
        1,
        b"a",
        ["a"],
        Unprintable(),
    ],
)
def test_what_is_no_name_is_refused_with_its_field(name: Any) -> None:
    with pytest.raises(InvalidTaskDataError) as caught:
        check_name("queue", name)
    assert caught.value.fields[0].field == "queue"


@pytest.mark.parametrize("priority", [-32_768, -1, 0, 100, 32_767])
def test_a_priority_is_taken(priority: int) -> None:
    assert check_priority(priority) == priority


@pytest.mark.parametrize(
    "priority", [-32_769, 32_768, pytest.param(10**5000, id="10**5000"), 1.0, True, "1", None, Unprintable()]
)
def test_what_is_no_priority_is_refused(priority: Any) -> None:
    with pytest.raises(InvalidTaskDataError) as caught:
        check_priority(priority)
    assert caught.value.fields[0].field == "priority"


@pytest.mark.parametrize("attempts", [1, 3, 10_000])
def test_a_number_of_attempts_is_taken(attempts: int) -> None:
    assert check_attempts("max_attempts", attempts) == attempts


@pytest.mark.parametrize("attempts", [0, -1, 10_001, pytest.param(10**5000, id="10**5000"), 1.0, True, "3", None])
def test_what_is_no_number_of_attempts_is_refused(attempts: Any) -> None:
    with pytest.raises(InvalidTaskDataError):
        check_attempts("max_attempts", attempts)


@pytest.mark.parametrize("seconds", [0, 0.0, 0.001, 5, 3600.5, 366 * 86_400 * 100])
def test_a_duration_is_taken_as_a_float(seconds: float) -> None:
    checked = check_seconds("delay", seconds)
    assert (checked, type(checked)) == (seconds, float)


@pytest.mark.parametrize(
    "seconds",
    [-0.001, -1, float("nan"), float("inf"), float("-inf"), 1e300, 10**400, 366 * 86_400 * 100 + 1, True, "5", None],
)
def test_what_is_no_duration_is_refused(seconds: Any) -> None:
    with pytest.raises(InvalidTaskDataError) as caught:
        check_seconds("delay", seconds)
    assert caught.value.fields[0].field == "delay"


@pytest.mark.parametrize(
    ("check", "value", "message"),
    [
        (check_seconds, -4, "x: -4 is not between 0 seconds and 100 years"),
        (check_seconds, "4", "x: '4' is not a number of seconds"),
        (lambda _, value: check_priority(value), "urgent", "priority: 'urgent' is not a whole number, such as 100 "),
    ],
)
def test_a_refusal_says_what_was_given_and_what_is_taken(check: Any, value: Any, message: str) -> None:
    with pytest.raises(InvalidTaskDataError, match=f"^{re.escape(message)}"):
        check("x", value)


def test_a_duration_may_have_a_least_value() -> None:
    assert check_seconds("ttl", 0.001, least=0.001) == 0.001
    with pytest.raises(InvalidTaskDataError, match=r"between 0\.001 seconds and"):
        check_seconds("ttl", 0.0, least=0.001)


@pytest.mark.parametrize(
    ("moment", "in_utc"),
    [
        (EARLIEST, EARLIEST),
        (LATEST, LATEST),
        (datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=5))), datetime(2026, 3, 1, 7, tzinfo=UTC)),
        (datetime(1969, 12, 31, 23, tzinfo=timezone(timedelta(hours=-2))), datetime(1970, 1, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_moment_is_taken_and_turned_to_utc(moment: datetime, in_utc: datetime) -> None:
    checked = check_moment("scheduled_at", moment)
    assert (checked, checked.tzinfo) == (in_utc, UTC)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 1),  # noqa: DTZ001 - naive on purpose
        EARLIEST - timedelta(microseconds=1),
        LATEST + timedelta(microseconds=1),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-14))),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
        date(2026, 3, 1),
        1_700_000_000,
        "2026-03-01T00:00:00Z",
        None,
    ],
)
def test_what_is_no_moment_is_refused(moment: Any) -> None:
    with pytest.raises(InvalidTaskDataError) as caught:
        check_moment("scheduled_at", moment)
    assert caught.value.fields[0].field == "scheduled_at"


def test_a_text_is_taken_up_to_its_length() -> None:
    assert check_text("key", "🎈" * 5, 5) == "🎈" * 5


@pytest.mark.parametrize("text", ["", "123456", "a\0", "\ud800", None, 5, b"a"])
def test_what_is_no_storable_text_is_refused(text: Any) -> None:
    with pytest.raises(InvalidTaskDataError) as caught:
        check_text("key", text, 5)
    assert caught.value.fields[0].field == "key"


@given(st.text(), st.integers(20, 200))
def test_the_text_of_an_error_always_becomes_storable(text: str, longest: int) -> None:
    kept = storable(text * 5, longest)
    assert len(kept) <= longest
    assert "\0" not in kept
    kept.encode()


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=50))
def test_a_storable_text_is_left_alone(text: str) -> None:
    assert storable(text) == text


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    kept = storable("BEGIN" + "x" * 100_000 + "END")
    assert kept.startswith("BEGIN")
    assert kept.endswith("END")
    assert len(kept) <= limits.MAX_ERROR_CHARACTERS


def test_a_refusal_quotes_no_more_than_a_little() -> None:
    with pytest.raises(TaskError) as caught:
        check_name("queue", "x" * 100_000)
    assert len(str(caught.value)) < 300
