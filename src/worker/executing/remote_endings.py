"""How a handler's end crosses between processes: its value or its error, as JSON, never as objects."""

from __future__ import annotations

from typing import Any

from backstage.domain.dedupe import Dedupe
from backstage.domain.errors import (
    InvalidTaskDataError,
    StorageError,
    StorageFullError,
    StorageRefusedError,
    StorageUnavailableError,
)
from backstage.domain.failure import FAILURE_MARK, Failure, text_of
from backstage.domain.field_error import FieldError
from backstage.domain.handler_signals import EndAsCancelled, GiveUp, RetryLater, delay_of
from backstage.domain.next import Next
from backstage.domain.payload import decode_payload, encode_payload, encode_result
from backstage.domain.task_result import TaskResult
from backstage.worker.executing.returned import Returned, nexts_of
from backstage.worker.handling.handler_traceback import from_the_handler_on
from backstage.worker.handling.payload_misfit import PayloadMisfit

_BY_MESSAGE: tuple[type[Exception], ...] = (
    GiveUp,
    EndAsCancelled,
    StorageFullError,
    StorageRefusedError,
    StorageUnavailableError,
    StorageError,
)


class RemoteHandlerError(Exception):
    """An error of a class that only the handler's process has. What is recorded is what happened there."""


def encode_value(value: Any) -> dict[str, Any]:
    """Like an unusable value in the worker's own process, one that is not JSON fails the attempt. What the value's
    own code raises is raised."""
    try:
        Returned.of(value)  # refuses what the worker could not tell from data any more
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
    """Raises nothing, whatever the error's own attributes do."""
    try:
        return _encode_known_error(error)
    except BaseException as unusable:  # a RetryLater whose delay is none
        return {**_described(unusable), "class": None}


def _encode_known_error(error: BaseException) -> dict[str, Any]:
    kind = type(error)
    if issubclass(kind, RetryLater):
        return {**_described(error), "class": RetryLater.__name__, "delay": delay_of(error)}
    for known in (PayloadMisfit, InvalidTaskDataError):
        if isinstance(error, known):
            fields = [[str(each.field), str(each.message)] for each in error.fields]
            return {**_described(error), "class": known.__name__, "fields": fields}
    name = next((each.__name__ for each in _BY_MESSAGE if issubclass(kind, each)), None)
    return {**_described(error), "class": name}


def _described(error: BaseException) -> dict[str, Any]:
    shortened = from_the_handler_on(error)
    failure = Failure.of(shortened.recorded() if isinstance(shortened, PayloadMisfit) else shortened)
    return {"type": failure.type, "message": failure.message, "traceback": failure.traceback}


def decode_error(data: dict[str, Any]) -> Exception:
    """Return the error, of its own class if the runtime acts on it, else as RemoteHandlerError."""
    failure = Failure(data["type"], data["message"], data["traceback"])
    error: Exception
    match data["class"]:
        case RetryLater.__name__:
            error = RetryLater(data["delay"], failure.message)
        case InvalidTaskDataError.__name__ | PayloadMisfit.__name__ as name:
            kind = PayloadMisfit if name == PayloadMisfit.__name__ else InvalidTaskDataError
            error = kind(tuple(FieldError(field, message) for field, message in data["fields"]))
        case name:
            known = next((each for each in _BY_MESSAGE if each.__name__ == name), None)
            error = RemoteHandlerError(str(failure)) if known is None else known(failure.message)
    setattr(error, FAILURE_MARK, failure)
    return error


def _encode_task_result(value: TaskResult) -> dict[str, Any]:
    nexts = nexts_of(value) if value.success else ()
    return {
        "kind": "task_result",
        "success": bool(value.success),
        "result": _encode_result(value.result) if value.success else None,
        "error": _encode_given_error(value.error),
        "nexts": [_encode_next(each) for each in nexts],
    }


def _encode_given_error(error: object) -> Any:
    if isinstance(error, BaseException):
        return encode_error(error)
    return None if error is None else text_of(error)


def _encode_next(following: Next) -> dict[str, str | None]:
    dedupe = following.dedupe
    rest = {
        "type": following.type,
        "payload_version": following.payload_version,
        "delay": following.delay,
        "queue": following.queue,
        "priority": following.priority,
        "max_attempts": following.max_attempts,
        "timeout": following.timeout,
        "max_deliveries": following.max_deliveries,
        "id": None if following.id is None else str(following.id),
        "dedupe": {"key": dedupe.key, "ttl": dedupe.ttl} if isinstance(dedupe, Dedupe) else dedupe,
    }
    return {
        "fields": encode_payload(rest, field="next"),
        "payload": encode_payload(following.plain_payload),
        "result": _encode_result(following.result),
    }


def _decode_next(data: dict[str, str]) -> Next:
    fields = decode_payload(data["fields"])
    if isinstance(fields["dedupe"], dict):
        fields["dedupe"] = Dedupe(**fields["dedupe"])
    return Next(payload=decode_payload(data["payload"]), result=_decode_result(data["result"]), **fields)


def _encode_result(value: Any) -> str | None:
    return None if value is None else encode_result(value)


def _decode_result(text: str | None) -> Any:
    return None if text is None else decode_payload(text)
