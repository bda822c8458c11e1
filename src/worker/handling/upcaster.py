"""How a function says that it raises payloads of one version to the next: it stays a plain function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from msgspec.structs import replace

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import ConfigurationError
from backstage.domain.lane_type import MAX_PAYLOAD_VERSION, check_payload_version
from backstage.domain.limits import check_name
from backstage.domain.payload import decode_payload, encode_payload
from backstage.domain.task import Task
from backstage.domain.task_type import TaskType
from backstage.worker.handling.payload_misfit import PayloadMisfit

Function = TypeVar("Function", bound=Callable[[Any], Any])
UPCAST_MARK = "__backstage_upcast__"


@dataclass(frozen=True, slots=True)
class Upcaster:
    """`function` takes the JSON value of a payload of that version, and returns that of the next version."""

    type: str
    version: int
    function: Callable[[Any], Any]


def upcast(type: str | TaskType[Any, Any], version: int) -> Callable[[Function], Function]:
    """Mark a function that makes a payload of version + 1 from the JSON value of one of that version.

    A worker that includes the module claims tasks of that version, too, and its handler gets them raised step by step
    to its own version. Raises InvalidTaskDataError for a bad name or version.
    """
    name = type.name if isinstance(type, TaskType) else type

    def mark(function: Function) -> Function:
        setattr(function, UPCAST_MARK, new_upcaster(name, version, function))
        return function

    return mark


def new_upcaster(type: str, version: int, function: Callable[[Any], Any]) -> Upcaster:
    """Raises InvalidTaskDataError and, for an async function, ConfigurationError."""
    check_name("type", type)
    if check_payload_version("version", version) == MAX_PAYLOAD_VERSION:
        raise ConfigurationError("upcast", f"there is no version after {MAX_PAYLOAD_VERSION}")
    if inspect.iscoroutinefunction(function):
        raise ConfigurationError("upcast", f"{function.__qualname__} is async: write a plain function")
    return Upcaster(type, version, function)


def raised(task: Task, upcasters: Sequence[Upcaster]) -> Task:
    """The task as it would have been enqueued for the version after the last of them, which are in order.

    Raises PayloadMisfit for what is no JSON, and what a function raises.
    """
    try:
        payload = decode_payload(task.payload_json)
    except (ValueError, RecursionError) as error:
        raise PayloadMisfit.of("payload", f"is not JSON: {error}") from None
    for each in upcasters:
        payload = each.function(payload)
    return replace(task, payload_json=encode_payload(payload), payload_version=upcasters[-1].version + 1)
