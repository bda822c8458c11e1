"""A task type as a value that callers and the handler share: what its payload is, what it results in, how it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import NoneType
from typing import Any, Generic, TypedDict, TypeVar, Unpack, overload
from uuid import UUID

from backstage.domain.backoff import Backoff
from backstage.domain.dedupe import Dedupe
from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.lane_type import check_payload_version
from backstage.domain.limits import (
    check_attempts,
    check_name,
    check_priority,
    check_result_options,
    check_seconds,
    check_tags,
)
from backstage.domain.next import Next
from backstage.domain.typed_payload import TypedPayload

Payload = TypeVar("Payload")
Result_co = TypeVar("Result_co", covariant=True)
Function = TypeVar("Function", bound=Callable[..., Any])

HANDLER_MARK = "__backstage_handler__"
"""The attribute of a function that is a handler: a MarkedHandler, or what the worker knows of one."""
_OF_EACH_TASK = ("queue", "priority", "tags")
_OF_THE_HANDLER = (
    "timeout",
    "soft_timeout",
    "max_attempts",
    "backoff",
    "max_deliveries",
    "keep_logs",
    "keep_result_for",
    "result_limit",
)


class TaskTypeOptions(TypedDict, total=False):
    """What a TaskType says besides its name and its types; TaskType says what each of them means."""

    version: int
    queue: str
    priority: int
    tags: Sequence[str]
    timeout: float | None
    soft_timeout: float | None
    max_attempts: int | None
    backoff: Backoff | None
    max_deliveries: int | None
    keep_logs: bool
    keep_result_for: float | None
    result_limit: int | None


class TaskType(Generic[Payload, Result_co]):
    """The name of a task type with the types of its payload and its result, for callers and for the handler.

    ::

        EMAIL = TaskType("email:send", Email, Receipt, queue="mail", timeout=30)

        @EMAIL.handler
        async def send(email: Email) -> Receipt: ...

        task = await backstage.enqueue(EMAIL, Email(to="ada@example.com"))

    `payload` and `result` are models, dataclasses or whatever pydantic validates; a payload may be None. `version` is
    that of the payload. `queue`, `priority`, `tags` and `key`, which is told from the payload, are those of each task
    of which a call does not say otherwise. The limits (`timeout`, `soft_timeout`, `max_attempts`, `backoff`,
    `max_deliveries`, `keep_logs`, `keep_result_for`, `result_limit`) are those of a handler that is registered by this
    type: they lie with the code, so a deploy changes them for tasks that wait as well. A module with TaskTypes
    alone may be imported anywhere: it starts nothing. Raises InvalidTaskDataError for a bad name or option.
    """

    __slots__ = ("key", "limits", "name", "payload_type", "result_type", "task_options", "version")

    @overload
    def __init__(
        self: TaskType[Payload, Any],
        name: str,
        payload: type[Payload],
        *,
        key: Callable[[Payload], str | None] | None = None,
        **options: Unpack[TaskTypeOptions],
    ) -> None: ...

    @overload
    def __init__(
        self,
        name: str,
        payload: type[Payload],
        result: type[Result_co],
        *,
        key: Callable[[Payload], str | None] | None = None,
        **options: Unpack[TaskTypeOptions],
    ) -> None: ...

    @overload
    def __init__(self: TaskType[None, Any], name: str, payload: None, **options: Unpack[TaskTypeOptions]) -> None: ...

    @overload
    def __init__(
        self: TaskType[None, Result_co],
        name: str,
        payload: None,
        result: type[Result_co],
        **options: Unpack[TaskTypeOptions],
    ) -> None: ...

    def __init__(
        self, name: str, payload: Any, result: Any = Any, *, key: Any = None, **options: Unpack[TaskTypeOptions]
    ) -> None:
        self.name = check_name("type", name)
        self.payload_type: type[Payload] = NoneType if payload is None else payload  # type: ignore[assignment]
        self.result_type: type[Result_co] = result
        _check(options)
        self.version = options.get("version", 1)
        self.key: Callable[[Payload], str | None] | None = key
        self.task_options: Mapping[str, Any] = {name: options[name] for name in _OF_EACH_TASK if name in options}  # type: ignore[literal-required]
        self.limits: Mapping[str, Any] = {name: options[name] for name in _OF_THE_HANDLER if name in options}  # type: ignore[literal-required]

    def options_of(self, payload: Any) -> dict[str, Any]:
        """What is said of a task with this payload, as options of `enqueue`. Raises InvalidTaskDataError for a payload
        that does not tell its key."""
        options = {"payload_version": self.version, **self.task_options}
        if self.key is not None:
            try:
                options["key"] = self.key(payload)
            except Exception as error:  # it is the user's code, and the payload may be anything
                problem = f"cannot be told from the payload ({type(error).__name__}: {error})"
                raise InvalidTaskDataError.of("key", problem) from error
        return options

    def __repr__(self) -> str:
        return f"TaskType({self.name!r}, {_told(self.payload_type)}, {_told(self.result_type)})"

    def handler(self, function: Function) -> Function:
        """Mark a function as the handler of this type, with its limits; it stays a plain function.

        It is found in the modules that a worker includes. `backstage.handler(EMAIL, run_in="process")` does the same
        with further options.
        """
        setattr(function, HANDLER_MARK, MarkedHandler(self, function))
        return function

    def next(
        self,
        payload: Payload,
        *,
        delay: float = 0.0,
        queue: str | None = None,
        priority: int | None = None,
        max_attempts: int | None = None,
        timeout: float | None = None,
        result: Any = None,
        id: str | UUID | None = None,
        dedupe: Dedupe | str | None = None,
        max_deliveries: int | None = None,
    ) -> Next:
        """What a handler returns to chain a task of this type; the options are the fields of Next."""
        options: dict[str, Any] = {
            **self.options_of(payload),
            **{name: value for name, value in (("queue", queue), ("priority", priority)) if value is not None},
        }
        return Next(
            self.name,
            TypedPayload(self, payload),
            delay,
            max_attempts=max_attempts,
            timeout=timeout,
            result=result,
            id=id,
            dedupe=dedupe,
            max_deliveries=max_deliveries,
            **options,
        )


@dataclass(frozen=True, slots=True)
class MarkedHandler:
    task_type: TaskType[Any, Any]
    handler: Callable[..., Any]


def _check(options: TaskTypeOptions) -> None:
    for name in options:
        if name not in TaskTypeOptions.__optional_keys__:
            raise TypeError(f"TaskType() got an unexpected keyword argument {name!r}")
    check_result_options(options.get("keep_result_for"), options.get("result_limit"))
    given: Iterable[tuple[str, Any]] = options.items()
    for name, value in given:
        if name == "queue":
            check_name("queue", value)
        elif name == "version":
            check_payload_version("version", value)
        elif name == "tags":
            check_tags("tags", value)
        elif name == "priority":
            check_priority(value)
        elif value is None or name in ("keep_logs", "keep_result_for", "result_limit"):
            continue
        elif name in ("timeout", "soft_timeout"):
            check_seconds(name, value, least=0.001)
        elif name in ("max_attempts", "max_deliveries"):
            check_attempts(name, value)
        elif not isinstance(value, Backoff):
            raise InvalidTaskDataError.of(
                "backoff", "is not a Backoff: pass for instance Backoff.exponential(1, cap=60)"
            )


def _told(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind)
