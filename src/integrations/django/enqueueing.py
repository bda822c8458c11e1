from __future__ import annotations

from typing import Any, TypeVar, Unpack, cast, overload

from django.apps import apps
from django.db import transaction
from msgspec.structs import replace

from backstage.app.enqueue import asked_for
from backstage.app.enqueue_options import EnqueueOptions, OptionsBesideDedupe
from backstage.app.enqueue_task import EnqueueTask
from backstage.domain.dedupe import Dedupe
from backstage.domain.task import Task
from backstage.domain.task_type import TaskType
from backstage.domain.typed_task import TypedTask
from backstage.infra.system_clock import SystemClock
from backstage.infra.typed_payload import encode_typed_payload
from backstage.infra.uuid7_ids import Uuid7Ids
from backstage.integrations.blocking_container import BlockingContainer

Payload = TypeVar("Payload")
Result = TypeVar("Result")


def backstage() -> BlockingContainer:
    """Return the process's BlockingContainer, for everything but enqueueing. Raises ConfigurationError."""
    return cast(BlockingContainer, apps.get_app_config("backstage").container)


@overload
def enqueue(
    task_type: TaskType[Payload, Result],
    payload: Payload,
    *,
    dedupe: Dedupe | str | None,
    **options: Unpack[OptionsBesideDedupe],
) -> TypedTask[Result] | None: ...


@overload
def enqueue(
    task_type: TaskType[Payload, Result], payload: Payload, **options: Unpack[OptionsBesideDedupe]
) -> TypedTask[Result]: ...


@overload
def enqueue(
    task_type: str, payload: Any = None, *, dedupe: Dedupe | str | None, **options: Unpack[OptionsBesideDedupe]
) -> Task | None: ...


@overload
def enqueue(task_type: str, payload: Any = None, **options: Unpack[OptionsBesideDedupe]) -> Task: ...


def enqueue(task_type: str | TaskType[Any, Any], payload: Any = None, **options: Unpack[EnqueueOptions]) -> Task | None:
    """Store a task now, whatever becomes of the transaction; it is `BlockingContainer.enqueue`."""
    return backstage().enqueue(task_type, payload, **options)


@overload
def enqueue_on_commit(
    task_type: TaskType[Payload, Any], payload: Payload, *, using: str | None = None, **options: Unpack[EnqueueOptions]
) -> str: ...


@overload
def enqueue_on_commit(
    task_type: str, payload: Any = None, *, using: str | None = None, **options: Unpack[EnqueueOptions]
) -> str: ...


def enqueue_on_commit(
    task_type: str | TaskType[Any, Any],
    payload: Any = None,
    *,
    using: str | None = None,
    **options: Unpack[EnqueueOptions],
) -> str:
    """Store a task once the open transaction has committed, and not at all if it is rolled back; return its id.

    Without a transaction it is stored at once. `using` names the database; `options` are the fields of EnqueueTask,
    and a `delay` counts from the commit. Inside a handler the correlation id is carried on. The payload is taken as it
    is now. A process that dies between the commit and the next moment loses the task. Raises InvalidTaskDataError now,
    and when it commits what `enqueue` raises.
    """
    request = asked_for(task_type, payload, options)
    checked = request.task(Uuid7Ids(), SystemClock().now(), encode=encode_typed_payload)
    ready = replace(request, id=checked.id, payload=checked.payload)
    transaction.on_commit(lambda: _store(ready), using=using)
    return checked.id


def _store(request: EnqueueTask) -> None:
    backstage().enqueue_tasks([request])
