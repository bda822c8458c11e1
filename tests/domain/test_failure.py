from __future__ import annotations

import pytest

from backstage.domain.failure import Failure
from backstage.domain.limits import MAX_ERROR_CHARACTERS


class UnreadableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


def failure_of(error: BaseException) -> Failure:
    with pytest.raises(type(error)) as caught:
        raise error
    return Failure.of(caught.value)


def test_a_failure_tells_type_message_and_where() -> None:
    failure = failure_of(ValueError("no such address"))
    assert (failure.type, failure.message) == ("ValueError", "no such address")
    assert failure.traceback.startswith("Traceback")
    assert "failure_of" in failure.traceback


def test_a_failure_reads_as_one_line() -> None:
    assert str(Failure("ValueError", "no such address")) == "ValueError: no such address"
    assert str(Failure("ValueError", "")) == "ValueError"


def test_an_error_that_was_never_raised_is_recorded_too() -> None:
    assert Failure.of(KeyError("a")).message == "'a'"


def test_an_error_whose_text_cannot_be_made_is_recorded_all_the_same() -> None:
    failure = failure_of(UnreadableError())
    assert failure.type == "UnreadableError"
    assert "no readable message" in failure.message


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "x" * 100_000, "\0" * 50_000])
def test_whatever_an_error_says_every_store_can_keep_it(text: str) -> None:
    failure = failure_of(ValueError(text))
    for kept in (failure.message, failure.traceback):
        assert len(kept) <= MAX_ERROR_CHARACTERS
        assert "\0" not in kept
        kept.encode()


def test_the_cause_of_an_error_is_in_its_traceback() -> None:
    try:
        try:
            raise KeyError("inner")
        except KeyError as inner:
            raise ValueError("outer") from inner
    except ValueError as outer:
        assert "KeyError: 'inner'" in Failure.of(outer).traceback


def test_a_group_of_errors_is_recorded_with_its_members() -> None:
    failure = failure_of(ExceptionGroup("several", [ValueError("one"), KeyError("two")]))
    assert "ValueError: one" in failure.traceback
