"""How a function says that it handles a task type, and nothing more: it stays a plain function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from enum import StrEnum
from typing import Any, TypedDict, TypeVar, Unpack

from backstage.domain.backoff import Backoff
from backstage.domain.errors import ConfigurationError
from backstage.domain.lane_type import check_payload_version
from backstage.domain.limits import check_attempts, check_name, check_result_options, check_seconds
from backstage.domain.task_type import HANDLER_MARK, MarkedHandler, TaskType
from backstage.worker.handling.unknown_options import refuse_unknown

Function = TypeVar("Function", bound=Callable[..., Any])
MIDDLEWARE_MARK = "__backstage_middleware__"


class RunIn(StrEnum):
    """Where a handler runs.

    AUTO: on the event loop if it is async, otherwise in a thread. PROCESS: in a child process.
    """

    AUTO = "auto"
    PROCESS = "process"


@dataclass(frozen=True, slots=True)
class TaskHandlerRegistration:
    """A handler with its limits. A limit that is left out comes from the queue, then from the worker.

    `handler` is called with the payload, or with the payload and a TaskContext, or with the context alone: by
    parameter names and annotations (`context`, or anything annotated TaskContext). `timeout` (hard) and
    `soft_timeout` are seconds. `version` is that of the payloads that it takes; upcasters raise older ones to it.
    Raises InvalidTaskDataError for a bad name, version or limit.
    """

    type: str
    handler: Callable[..., Any]
    timeout: float | None = None
    max_attempts: int | None = None
    _: KW_ONLY
    soft_timeout: float | None = None
    backoff: Backoff | None = None
    run_in: RunIn | str = RunIn.AUTO
    max_deliveries: int | None = None
    version: int = 1
    keep_result_for: float | None = None
    """Seconds after which its results are given up, though the tasks are kept; None: as long as the task."""
    result_limit: int | None = None
    """Bytes of the largest result, at most 1 MiB; a larger one fails the attempt."""
    keep_logs: bool = False
    """Whether the lines that it logs by its context are kept of every attempt, and not only of one that failed."""
    task_type: TaskType[Any, Any] | None = None

    @classmethod
    def of(
        cls, task_type: str | TaskType[Any, Any], handler: Callable[..., Any], **options: Unpack[HandlerOptions]
    ) -> TaskHandlerRegistration:
        """That of a name, or of a TaskType with its limits, before which `options` go."""
        if not isinstance(task_type, TaskType):
            return cls(task_type, handler, **options)
        limits: HandlerOptions = {"version": task_type.version, **task_type.limits, **options}  # type: ignore[typeddict-item]
        return cls(task_type.name, handler, task_type=task_type, **limits)

    def __post_init__(self) -> None:
        check_name("type", self.type)
        for field in ("timeout", "soft_timeout"):
            if getattr(self, field) is not None:
                check_seconds(field, getattr(self, field), least=0.001)
        for field in ("max_attempts", "max_deliveries"):
            if getattr(self, field) is not None:
                check_attempts(field, getattr(self, field))
        check_payload_version("version", self.version)
        check_result_options(self.keep_result_for, self.result_limit)
        if not isinstance(self.keep_logs, bool):
            raise ConfigurationError("keep_logs", f"{self.keep_logs!r} is neither true nor false")
        if self.run_in not in tuple(RunIn):
            raise ConfigurationError("run_in", f"{self.run_in!r} is not one of {', '.join(RunIn)}")


class HandlerOptions(TypedDict, total=False):
    """The limits of a TaskHandlerRegistration, as keyword arguments; that says what each of them means."""

    timeout: float | None
    soft_timeout: float | None
    max_attempts: int | None
    backoff: Backoff | None
    run_in: RunIn | str
    max_deliveries: int | None
    version: int
    keep_logs: bool
    keep_result_for: float | None
    result_limit: int | None


def handler(type: str | TaskType[Any, Any], **options: Unpack[HandlerOptions]) -> Callable[[Function], Function]:
    """Mark a function as the handler of a task type; the runner finds it in the modules it is given."""
    refuse_bare(type, "handler")
    refuse_unknown(options, "handler", HandlerOptions)

    def mark(function: Function) -> Function:
        setattr(function, HANDLER_MARK, TaskHandlerRegistration.of(type, function, **options))
        return function

    return mark


def registration_in(value: object) -> TaskHandlerRegistration | None:
    """That of a marked function, or of a TaskType's handler; None of anything else."""
    mark = getattr(value, HANDLER_MARK, None) if callable(value) and not isinstance(value, type) else None
    if isinstance(mark, MarkedHandler):
        return TaskHandlerRegistration.of(mark.task_type, mark.handler)
    return mark if isinstance(mark, TaskHandlerRegistration) else None


def payload_type_of(registration: TaskHandlerRegistration | None) -> Any:
    """What a handler without annotation reads its payload by."""
    return Any if registration is None or registration.task_type is None else registration.task_type.payload_type


def refuse_bare(type: object, decorator: str) -> None:
    """Raise ConfigurationError for a decorator that is used without its parentheses: it would mark nothing."""
    if callable(type):
        name = getattr(type, "__qualname__", repr(type))
        raise ConfigurationError(decorator, f'needs a task type: write @{decorator}("email:send") before {name}')


def middleware(function: Function) -> Function:
    """Mark a middleware of a module: it takes a run and returns a run that wraps it."""
    setattr(function, MIDDLEWARE_MARK, True)
    return function
