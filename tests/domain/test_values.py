"""The small values: what they take, what they refuse, what they say."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from backstage.domain.dedupe import Dedupe
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.events import ALL_EVENTS, EVENT_NAMES
from backstage.domain.field_error import FieldError
from backstage.domain.handler_signals import RetryLater
from backstage.domain.outcome import Outcome, OutcomeKind
from backstage.domain.payload import encode_payload
from backstage.domain.priority import Priority
from backstage.domain.queue import Queue
from backstage.domain.retention import Retention
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import TaskState


def field_of(error: pytest.ExceptionInfo[InvalidTaskDataError]) -> str:
    [field] = error.value.fields
    return field.field


@pytest.mark.parametrize("key", ["a", "order 1", "ü" * 512, "a\nb"])
def test_a_dedupe_key_is_any_text(key: str) -> None:
    assert Dedupe(key).key == key


@pytest.mark.parametrize("key", ["", "x" * 513, "a\0", "\ud800", None, 1])
def test_what_no_store_can_keep_is_no_dedupe_key(key: Any) -> None:
    with pytest.raises(InvalidTaskDataError) as caught:
        Dedupe(key)
    assert field_of(caught) == "dedupe.key"


@pytest.mark.parametrize("ttl", [0, -1, 0.0009, float("nan"), float("inf"), 10**400, "60", True])
def test_a_dedupe_window_is_at_least_a_millisecond(ttl: Any) -> None:
    with pytest.raises(InvalidTaskDataError) as caught:
        Dedupe("k", ttl=ttl)
    assert field_of(caught) == "dedupe.ttl"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"state": TaskState.PENDING, "max_age": 1.0}, "retention.state"),
        ({"state": TaskState.RUNNING, "keep_last": 1}, "retention.state"),
        ({"state": TaskState.FAILED, "max_age": -1.0}, "retention.max_age"),
        ({"state": TaskState.FAILED, "keep_last": -1}, "retention.keep_last"),
        ({"state": TaskState.FAILED}, "retention"),
    ],
)
def test_a_retention_without_sense_is_refused(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidTaskDataError) as caught:
        Retention(**fields)
    assert field_of(caught) == field


def test_a_retention_may_keep_none_or_everything_of_today() -> None:
    assert Retention(state=TaskState.COMPLETED, keep_last=0).keep_last == 0
    assert Retention(state=TaskState.COMPLETED, max_age=86_400.0).max_age == 86_400.0


def test_a_queue_counts_its_retries_after_the_first_run() -> None:
    assert Queue("mail", max_retries=0).max_attempts == 1
    assert Queue("mail", max_retries=4).max_attempts == 5
    assert Queue("mail").max_attempts is None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "no name"}, "queue"),
        ({"name": "mail", "priority": 40_000}, "priority"),
        ({"name": "mail", "soft_timeout": 0.0}, "soft_timeout"),
        ({"name": "mail", "hard_timeout": -1.0}, "hard_timeout"),
        ({"name": "mail", "max_retries": -1}, "max_retries"),
    ],
)
def test_a_queue_out_of_range_is_refused_by_its_field(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidTaskDataError) as caught:
        Queue(**fields)
    assert field_of(caught) == field


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_page_has_one_to_a_thousand_tasks(limit: int) -> None:
    with pytest.raises(InvalidTaskDataError) as caught:
        TaskQuery(limit=limit)
    assert field_of(caught) == "limit"


@pytest.mark.parametrize("field", ["queue", "type"])
def test_a_query_for_what_is_no_name_is_refused(field: str) -> None:
    with pytest.raises(InvalidTaskDataError) as caught:
        TaskQuery(**{field: "no name"})
    assert field_of(caught) == field


@pytest.mark.parametrize("kind", OutcomeKind)
def test_only_snoozes_releases_and_lost_leases_spend_no_attempt(kind: OutcomeKind) -> None:
    outcome = Outcome("id", 1, kind, TaskState.PENDING)
    assert outcome.is_interruption == (kind in {OutcomeKind.SNOOZED, OutcomeKind.RELEASED, OutcomeKind.LOST})


def test_named_priorities_are_ordered_ints() -> None:
    assert sorted(Priority, reverse=True) == [Priority.URGENT, Priority.DEFAULT, Priority.LOW]
    assert Priority.DEFAULT == 0


def test_a_wish_to_be_retried_later_says_when() -> None:
    assert (RetryLater(2.5).delay, str(RetryLater(2.5))) == (2.5, "retry in 2.5 s")
    assert str(RetryLater(2.5, "not ready")) == "not ready"
    assert RetryLater(-1.0).delay == 0.0


@pytest.mark.parametrize("delay", [float("nan"), 10**400, "5", None])
def test_a_wish_to_be_retried_at_no_time_is_refused(delay: Any) -> None:
    with pytest.raises(InvalidTaskDataError) as caught:
        RetryLater(delay)
    assert field_of(caught) == "delay"


def test_every_event_has_a_name_of_its_own_family() -> None:
    assert all(name.startswith("worker-task:") for name in EVENT_NAMES)
    assert ALL_EVENTS not in EVENT_NAMES


def test_an_error_of_several_fields_names_them_all() -> None:
    error = InvalidTaskDataError((FieldError("a", "is wrong"), FieldError("b", "too")))
    assert str(error) == "a: is wrong; b: too"


def test_what_is_wrong_with_a_field_is_an_object_in_json() -> None:
    wrong = [FieldError("payload.n", "is missing")]
    told = '[{"field":"payload.n","message":"is missing"}]'
    assert encode_payload(wrong) == told
    assert TypeAdapter(list[FieldError]).dump_json(wrong).decode() == told  # as web frameworks answer with it
