"""How a handler's end crosses between processes: its value or its error, as JSON, never as objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backstage.domain.errors import (
    FieldError,
    InvalidTaskDataError,
    StorageError,
    StorageFullError,
    StorageUnavailableError,
)
from backstage.domain.failure import FAILURE_MARK, Failure
from backstage.domain.handler_signals import CancelTask, GiveUp, RetryLater
from backstage.domain.next import Next
from backstage.domain.payload import decode_payload, encode_payload
from backstage.domain.task_result import TaskResult
from backstage.worker.handler_traceback import from_the_handler_on

_BY_MESSAGE: tuple[type[Exception], ...] = (
    GiveUp,
    CancelTask,
    StorageFullError,
    StorageUnavailableError,
    StorageError,
)


class RemoteHandlerError(Exception):
    """An error of a class that only the handler's process has. What is recorded is what happened there."""


def encode_value(value: Any) -> dict[str, Any]:
    """Like an unusable value in the worker's own process, one that is not JSON fails the attempt."""
    try:
        if isinstance(value, TaskResult):
            return _encode_task_result(value)
        if isinstance(value, Next):
            return {"kind": "next", "next": _encode_next(value)}
        if isinstance(value, (list, tuple)) and value and all(isinstance(each, Next) for each in value):
            return {"kind": "nexts", "nexts": [_encode_next(each) for each in value]}
        return {"kind": "result", "result": _encode_result(value)}
    except InvalidTaskDataError as error:
        return _encode_task_result(TaskResult(success=False, error=error))


def decode_value(data: dict[str, Any]) -> Any:
    match data["kind"]:
        case "task_result":
            error = data["error"]
            return TaskResult(
                success=data["success"],
                result=_decode_result(data["result"]),
                error=decode_error(error) if isinstance(error, dict) else error,
                next=[_decode_next(each) for each in data["nexts"]],
            )
        case "next":
            return _decode_next(data["next"])
        case "nexts":
            return [_decode_next(each) for each in data["nexts"]]
        case _:
            return _decode_result(data["result"])


def encode_error(error: BaseException) -> dict[str, Any]:
    failure = Failure.of(from_the_handler_on(error))
    data: dict[str, Any] = {"type": failure.type, "message": failure.message, "traceback": failure.traceback}
    if isinstance(error, RetryLater):
        return {**data, "class": RetryLater.__name__, "delay": error.delay}
    if isinstance(error, InvalidTaskDataError):
        fields = [[each.field, each.message] for each in error.fields]
        return {**data, "class": InvalidTaskDataError.__name__, "fields": fields}
    known = next((each.__name__ for each in _BY_MESSAGE if isinstance(error, each)), None)
    return {**data, "class": known}


def decode_error(data: dict[str, Any]) -> Exception:
    """Return the error, of its own class if the runtime acts on it, else as RemoteHandlerError."""
    failure = Failure(data["type"], data["message"], data["traceback"])
    error: Exception
    match data["class"]:
        case RetryLater.__name__:
            error = RetryLater(data["delay"], failure.message)
        case InvalidTaskDataError.__name__:
            error = InvalidTaskDataError(tuple(FieldError(field, message) for field, message in data["fields"]))
        case name:
            known = next((each for each in _BY_MESSAGE if each.__name__ == name), None)
            error = RemoteHandlerError(str(failure)) if known is None else known(failure.message)
    setattr(error, FAILURE_MARK, failure)
    return error


def _encode_task_result(value: TaskResult) -> dict[str, Any]:
    nexts: Sequence[Next] = (value.next,) if isinstance(value.next, Next) else value.next or ()
    return {
        "kind": "task_result",
        "success": bool(value.success),
        "result": _encode_result(value.result) if value.success else None,
        "error": encode_error(value.error) if isinstance(value.error, BaseException) else value.error,
        "nexts": [_encode_next(each) for each in nexts],
    }


def _encode_next(following: Next) -> dict[str, str | None]:
    rest = {
        "type": following.type,
        "delay": following.delay,
        "queue": following.queue,
        "priority": following.priority,
        "max_attempts": following.max_attempts,
        "timeout": following.timeout,
        "max_deliveries": following.max_deliveries,
    }
    return {
        "fields": encode_payload(rest, field="next"),
        "payload": encode_payload(following.payload),
        "result": _encode_result(following.result),
    }


def _decode_next(data: dict[str, str]) -> Next:
    return Next(
        payload=decode_payload(data["payload"]),
        result=_decode_result(data["result"]),
        **decode_payload(data["fields"]),
    )


def _encode_result(value: Any) -> str | None:
    return None if value is None else encode_payload(value, field="result")


def _decode_result(text: str | None) -> Any:
    return None if text is None else decode_payload(text)
