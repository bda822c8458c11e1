"""What an HTTP API answers where Backstage raises an error."""

from __future__ import annotations

from backstage.domain.errors import (
    AmbiguousIdError,
    BulkNotFoundError,
    DuplicateTaskError,
    FailureGroupNotFoundError,
    IllegalMoveError,
    InvalidQueryError,
    InvalidTaskDataError,
    NotAllowedError,
    ResultGoneError,
    ScheduleNotFoundError,
    ScheduleUnreadableError,
    StaleTaskError,
    StorageError,
    StorageFullError,
    StorageRefusedError,
    StorageUnavailableError,
    StoreNotReadyError,
    StoreReplacedError,
    SubscriptionNotFoundError,
    TaskCancelledError,
    TaskChangedError,
    TaskError,
    TaskFailedError,
    TaskNotFoundError,
    TokenNotFoundError,
    UnchangeableTaskError,
    UndecodableTaskError,
    UnknownTaskTypeError,
    WorkerNotFoundError,
)

STATUS: dict[type[TaskError], int] = {
    TaskNotFoundError: 404,
    BulkNotFoundError: 404,
    ScheduleNotFoundError: 404,
    SubscriptionNotFoundError: 404,
    TokenNotFoundError: 404,
    FailureGroupNotFoundError: 404,
    WorkerNotFoundError: 404,
    AmbiguousIdError: 409,
    NotAllowedError: 403,
    ScheduleUnreadableError: 409,
    IllegalMoveError: 409,
    UndecodableTaskError: 409,
    UnchangeableTaskError: 409,
    StaleTaskError: 409,
    DuplicateTaskError: 409,
    TaskChangedError: 412,
    TaskFailedError: 409,
    TaskCancelledError: 409,
    ResultGoneError: 410,
    InvalidTaskDataError: 422,
    InvalidQueryError: 422,
    UnknownTaskTypeError: 422,
    StorageRefusedError: 422,
    StorageUnavailableError: 503,
    StoreReplacedError: 503,
    StoreNotReadyError: 503,
    StorageFullError: 507,
}
_OF_THE_STORE = {
    422: "the store does not take that: it is too large, or not in its form",
    503: "the task store cannot be reached: try again",
    507: "the task store is full: try again later",
}
"""Told in place of the error's own text, which names the store."""


def answer_to(error: Exception) -> tuple[int, str] | None:
    """Return the status and the text for a caller, or None for an error that stays a 500: it is not the caller's."""
    status = STATUS.get(type(error)) if isinstance(error, TaskError) else None
    if status is None:
        return None
    is_of_the_store = isinstance(error, StorageError)
    return status, _OF_THE_STORE[status] if is_of_the_store else str(error)
