"""What holds of the values that are made for each task."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.encoders import jsonable_encoder
from msgspec import Struct
from msgspec.structs import asdict, replace
from pydantic import TypeAdapter, ValidationError, create_model

from backstage.app.enqueue_task import EnqueueTask
from backstage.domain.attempt import Attempt
from backstage.domain.backoff import Backoff
from backstage.domain.dedupe import Dedupe
from backstage.domain.failure import Failure
from backstage.domain.lease import Lease
from backstage.domain.outcome import Outcome, OutcomeKind
from backstage.domain.payload import encode_payload
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TASK = Task(
    id="7",
    type="email:send",
    created_at=NOON,
    scheduled_at=NOON,
    lease=Lease("w", NOON),
    backoff=Backoff.fixed(2),
    dedupe=Dedupe("ada"),
    correlation_id="7",
    workflow_id="7",
    metadata={"tenant": "north"},
    last_failure=Failure("ValueError", "no such address"),
)
VALUES: dict[str, Struct] = {
    "task": TASK,
    "lease": Lease("w", NOON),
    "outcome": Outcome("7", 1, OutcomeKind.COMPLETED, TaskState.COMPLETED, next_tasks=(TASK,)),
    "attempt": Attempt("7", 1, 1, "w", NOON, NOON, OutcomeKind.DEAD, Failure("ValueError", "no such address")),
    "request": EnqueueTask("email:send", {"to": "ada"}, delay=60, metadata={"tenant": "north"}),
}
each_value = pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)


@each_value
def test_nothing_is_assigned_to(value: Struct) -> None:
    name = value.__struct_fields__[0]
    with pytest.raises(AttributeError, match="immutable"):
        setattr(value, name, getattr(value, name))
    with pytest.raises(AttributeError):
        value.colour = "red"  # type: ignore[attr-defined]


@each_value
@pytest.mark.parametrize("copied", [replace, copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_a_copy_is_equal_and_of_the_same_class(value: Struct, copied: Callable[[Any], Any]) -> None:
    again = copied(value)
    assert again is not value
    assert (again, type(again), repr(again)) == (value, type(value), repr(value))


@each_value
def test_each_field_counts_when_two_are_compared(value: Struct) -> None:
    for name in value.__struct_fields__:
        assert replace(value, **{name: object()}) != value, name


@each_value
def test_arguments_that_are_unknown_missing_or_too_many_are_refused(value: Struct) -> None:
    kind = type(value)
    with pytest.raises(TypeError, match="colour"):
        kind(**asdict(value), colour="red")
    with pytest.raises(TypeError, match=value.__struct_fields__[0]):
        kind()
    with pytest.raises(TypeError):
        kind(*range(30))


@pytest.mark.parametrize("name", ["task", "lease", "attempt", "request"])
def test_pydantic_reads_and_writes_it_wherever_a_type_stands(name: str) -> None:
    value: Any = VALUES[name]
    model: Any = create_model("Answer", value=(type(value), ...))
    answer = model(value=value)
    assert answer.value is value
    assert model.model_validate_json(answer.model_dump_json()) == answer
    assert model.model_validate(answer.model_dump()) == answer
    for mode in ("validation", "serialization"):
        told = model.model_json_schema(mode=mode)["$defs"][type(value).__name__]
        assert list(told["properties"]) == list(value.__struct_fields__)


@pytest.mark.parametrize("name", ["task", "lease", "attempt", "request"])
def test_a_web_framework_makes_an_object_of_it_without_being_told_its_type(name: str) -> None:
    value = VALUES[name]
    assert list(jsonable_encoder({"value": value})["value"]) == list(value.__struct_fields__)


def test_what_does_not_fit_is_told_by_its_place() -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Lease).validate_json('{"worker_id": 3}')
    assert [each["loc"] for each in refused.value.errors()] == [("worker_id",), ("until",)]


def test_only_the_type_and_the_payload_of_a_request_may_be_given_by_position() -> None:
    assert EnqueueTask("a", 1) == EnqueueTask(type="a", payload=1)
    with pytest.raises(TypeError):
        EnqueueTask("a", 1, "default")  # type: ignore[misc]


def test_each_task_has_metadata_of_its_own() -> None:
    one, other = (
        Task(id="7", type="a", created_at=NOON, scheduled_at=NOON, correlation_id="7", workflow_id="7")
        for _ in range(2)
    )
    assert one.metadata == {}
    assert one.metadata is not other.metadata


def test_a_task_may_be_part_of_a_result() -> None:
    assert '"lease":{"worker_id":"w","until":"2026-03-01T12:00:00+00:00"}' in encode_payload({"task": TASK})
