"""Every error that Backstage raises on purpose.

TaskError
├── ConfigurationError          a setting or a URL is wrong: correct it and start again
│   └── MissingExtraError       it needs packages that an extra brings: install that
├── InvalidTaskDataError        a task cannot be stored or handled as given: `fields` says where
├── InvalidQueryError          a query for tasks cannot be understood: `nearest` says what was perhaps meant
├── UnknownTaskTypeError        no handler of that type is registered here
├── TaskNotFoundError           no stored task has that id
├── AmbiguousIdError            several tasks have ids with these characters: give more of them
├── ScheduleNotFoundError       no stored schedule has that name
├── ScheduleUnreadableError     the stored schedule makes no sense on this host: delete it, or put it anew
├── SubscriptionNotFoundError   no durable subscription has that name
├── FailureGroupNotFoundError   no group of failures has that fingerprint
├── TokenNotFoundError          no token has that id
├── WorkerNotFoundError         no worker that was alive in the last day has that id
├── NotAllowedError             the role of whoever asks does not allow that: ask somebody who may
├── BulkNotFoundError           no bulk operation has that id, or its plan is too old: plan it again
├── IllegalMoveError            the task's state does not allow that step
│   ├── UnchangeableTaskError   only tasks that wait, or that have ended, can be changed so
│   └── UndecodableTaskError    what is stored of the task makes no sense here: repair it first
├── StaleTaskError              somebody changed the task meanwhile: load it again and retry
├── TaskChangedError            the task has changed since the version that was named: look at it again
├── DuplicateTaskError          a live task already holds the dedupe key
├── TaskFailedError             the awaited task has failed for good: `failure` says why
├── TaskCancelledError          the awaited task was cancelled, so it has no result
├── ResultGoneError             the awaited task has completed, but its result is no longer kept
├── ResourceFailedError         a module of handlers cannot open what it needs: mend that and start again
├── TransferRefusedError        two stores are not ready to be moved one into the other: do what it says, then retry
└── StorageError                the store did not do what was asked
    ├── StorageRefusedError     the store will never take that: make it smaller, or other
    ├── StorageFullError        no room: nothing was stored, free space and retry
    ├── StorageUnavailableError the store cannot be reached, or stayed locked: retry later
    │   └── StoreReplacedError  it is no longer the one that was opened: open it anew
    └── StoreNotReadyError      there is no store yet, or it is older than this release: run backstage migrate
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backstage.domain.distribution import DISTRIBUTION

if TYPE_CHECKING:
    from datetime import datetime

    from backstage.domain.failure import Failure
    from backstage.domain.field_error import FieldError


class TaskError(Exception):
    """Base class of all errors of Backstage."""


class ConfigurationError(TaskError):
    """A setting is missing or wrong; the message names it and the remedy."""

    def __init__(self, setting: str, problem: str) -> None:
        super().__init__(f"{setting}: {problem}")
        self.setting, self.problem = setting, problem


class MissingExtraError(ConfigurationError, ImportError):
    """A package is missing that an extra installs."""

    def __init__(self, needed_by: str, package: str, extra: str) -> None:
        missing = f"needs the package {package}, which is not installed"
        super().__init__(needed_by, f"{missing}: pip install '{DISTRIBUTION}[{extra}]'")
        self.extra = extra


class InvalidTaskDataError(TaskError):
    """The data of a task is invalid; nothing was stored."""

    def __init__(self, fields: tuple[FieldError, ...]) -> None:
        super().__init__("; ".join(f"{each.field}: {each.message}" for each in fields))
        self.fields = fields

    @classmethod
    def of(cls, field: str, message: str) -> InvalidTaskDataError:
        from backstage.domain.field_error import FieldError  # noqa: PLC0415 - `backstage --help` needs no dataclasses

        return cls((FieldError(field, message),))


class InvalidQueryError(TaskError):
    """A query for tasks cannot be understood. `field` is the filter or the word, `nearest` what was perhaps meant."""

    def __init__(self, field: str, problem: str, nearest: str | None = None) -> None:
        super().__init__(f"{field}: {problem}{'' if nearest is None else f'; did you mean {nearest}?'}")
        self.field, self.problem, self.nearest = field, problem, nearest


class UnknownTaskTypeError(TaskError):
    """No handler is registered for the type."""

    def __init__(self, task_type: str) -> None:
        super().__init__(f"no handler for task type {task_type!r}: register one, or run a worker that knows it")
        self.task_type = task_type


class TaskNotFoundError(TaskError):
    """No task has that id: it never existed, or retention has pruned it."""

    def __init__(self, task_id: str) -> None:
        super().__init__(f"no task {task_id!r}: it never existed, or it was pruned")
        self.task_id = task_id


class AmbiguousIdError(TaskError):
    """Several tasks have ids that begin or end so; `task_ids` are some of them, newest first."""

    def __init__(self, part: str, task_ids: tuple[str, ...], *, is_all: bool = True) -> None:
        listed = ", ".join(task_ids) + ("" if is_all else ", …")
        super().__init__(f"several tasks have {part!r} in their ids: give more characters of one of {listed}")
        self.part, self.task_ids = part, task_ids


class ScheduleNotFoundError(TaskError):
    """No schedule has that name: it was never stored, or it was deleted."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no schedule {name!r}: it was never added, or it was deleted")
        self.name = name


class ScheduleUnreadableError(TaskError):
    """The stored schedule cannot be read on this host, so it does not fire here."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"schedule {name!r} cannot be read here ({problem}): delete it, or put it anew")
        self.name = name


class FailureGroupNotFoundError(TaskError):
    """No group of failures has that fingerprint: there never was one, or it was forgotten."""

    def __init__(self, fingerprint: str) -> None:
        super().__init__(f"no group of failures {fingerprint!r}: list them to see what there is")
        self.fingerprint = fingerprint


class SubscriptionNotFoundError(TaskError):
    """No subscription has that name: it was never created, or it was removed."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no subscription {name!r}: it was never made, or it was removed")
        self.name = name


class TokenNotFoundError(TaskError):
    """No token has that id: it was never made, or it was revoked."""

    def __init__(self, token_id: str) -> None:
        super().__init__(f"no token {token_id!r}: it was never made, or it was revoked")
        self.token_id = token_id


class WorkerNotFoundError(TaskError):
    """No worker has that id: it has stopped, or it never was."""

    def __init__(self, worker_id: str) -> None:
        super().__init__(f"no worker {worker_id!r}: it has stopped, or it never was")
        self.worker_id = worker_id


class NotAllowedError(TaskError):
    """Whoever asks may not do that; nothing was done."""

    def __init__(self, who: str, action: str, needed: str) -> None:
        super().__init__(f"{who} may not call {action}: that takes {needed}")
        self.who, self.action, self.needed = who, action, needed


class BulkNotFoundError(TaskError):
    """No bulk operation has that id, or it is a plan that was made more than an hour ago."""

    def __init__(self, operation_id: str) -> None:
        super().__init__(f"no bulk operation {operation_id!r}: plan it again, for a plan holds for an hour")
        self.operation_id = operation_id


class IllegalMoveError(TaskError):
    """The task's state does not allow that step; the task is unchanged."""

    def __init__(self, task_id: str, state: str, wanted: str) -> None:
        hint = "; enqueue a copy of it" if state == "completed" else ""
        again, other = f": only failed and cancelled tasks can be run again{hint}", f", so it cannot become {wanted}"
        super().__init__(f"task {task_id} is {state}{again if wanted == 'pending' else other}")
        self.task_id, self.state, self.wanted = task_id, state, wanted


class UnchangeableTaskError(IllegalMoveError):
    """The task cannot be changed so, or cannot be deleted, as it is now; it is unchanged."""

    def __init__(self, task_id: str, state: str, problem: str) -> None:
        TaskError.__init__(self, f"task {task_id} {problem}")
        self.task_id, self.state, self.wanted = task_id, state, "changed"


class UndecodableTaskError(IllegalMoveError):
    """A stored part of the task cannot be read; nothing was changed, so that it can be repaired."""

    def __init__(self, task_id: str, problem: str) -> None:
        TaskError.__init__(self, f"task {task_id} cannot be read: {problem}: repair what is stored, then try again")
        self.task_id, self.state, self.wanted = task_id, "undecodable", "anything else"


class StaleTaskError(TaskError):
    """The stored task is newer than the one being saved; nothing was changed."""

    def __init__(self, task_id: str) -> None:
        super().__init__(f"task {task_id} was changed meanwhile: load it again and retry")
        self.task_id = task_id


class TaskChangedError(TaskError):
    """The task has no longer the version that the caller has seen; nothing was changed."""

    def __init__(self, task_id: str) -> None:
        super().__init__(f"task {task_id} has changed since it was looked at: load it again, and decide anew")
        self.task_id = task_id


class DuplicateTaskError(TaskError):
    """Another live task holds the dedupe key."""

    def __init__(self, key: str, holder_id: str) -> None:
        super().__init__(f"dedupe key {key!r} is held by task {holder_id}: cancel that task first, or do nothing")
        self.key, self.holder_id = key, holder_id


class TaskFailedError(TaskError):
    """The task has failed for good; `failure` says with what, and has the traceback."""

    def __init__(self, task_id: str, failure: Failure) -> None:
        traceback = f"\n\n{failure.traceback}" if failure.traceback else ""
        super().__init__(f"task {task_id} has failed with {failure.type}: {failure.message}{traceback}")
        self.task_id, self.failure = task_id, failure

    def __reduce__(self) -> tuple[type[TaskFailedError], tuple[str, Failure]]:
        return type(self), (self.task_id, self.failure)


class TaskCancelledError(TaskError):
    """The task was cancelled, so it has no result."""

    def __init__(self, task_id: str) -> None:
        super().__init__(f"task {task_id} was cancelled, so it has no result")
        self.task_id = task_id


class ResultGoneError(TaskError):
    """The task has completed, but its result was kept for a time only."""

    def __init__(self, task_id: str, since: datetime) -> None:
        super().__init__(f"the result of task {task_id} was kept until {since.isoformat()}: raise its keep_result_for")
        self.task_id, self.since = task_id, since

    def __reduce__(self) -> tuple[type[ResultGoneError], tuple[str, datetime]]:
        return type(self), (self.task_id, self.since)


class ResourceFailedError(TaskError):
    """`resource` is the function that raised; its error is the cause."""

    def __init__(self, resource: str, error: BaseException) -> None:
        super().__init__(f"{resource} raised {type(error).__name__}: {error}")
        self.resource = resource


class TransferRefusedError(TaskError):
    """The store cannot be transferred now; what was copied before is kept, and the source is unchanged."""


class StorageError(TaskError):
    """The store did not do what was asked; the cause is chained."""


class StorageRefusedError(StorageError):
    """The store can never accept the data, because it is too large or no column can hold it; nothing was stored."""


class StorageFullError(StorageError):
    """The disk or the store is full; nothing was stored."""


class StorageUnavailableError(StorageError):
    """The store cannot be reached or stayed locked; what was asked may be tried again."""


class StoreReplacedError(StorageUnavailableError):
    """The store that was opened was deleted or replaced, so a write would be lost."""


class StoreNotReadyError(StorageError):
    """There is no store yet, or it lacks what this release needs: run `backstage migrate`. Nothing was stored."""

    def __init__(self, store: str, problem: str) -> None:
        super().__init__(f"{store}: {problem}: run backstage migrate, or start a worker")
