"""What tasks are enqueued by, beside a container: a worker, and the bench of the tests."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, TypeVar, Unpack, overload

from backstage.app.enqueue_options import EnqueueOptions, OptionsBesideDedupe, OptionsBesideTime
from backstage.domain.dedupe import Dedupe, Duplicate
from backstage.domain.task import Task
from backstage.domain.task_type import TaskType
from backstage.domain.typed_task import TypedTask
from backstage.infra.container import Container

Payload = TypeVar("Payload")
Result = TypeVar("Result")


class EnqueueingHost(ABC):
    @abstractmethod
    async def _opened(self) -> Container:
        """The container, connected."""

    @overload
    async def enqueue(
        self,
        task_type: TaskType[Payload, Result],
        payload: Payload,
        *,
        dedupe: Dedupe | str | None,
        connection: Any = None,
        **options: Unpack[OptionsBesideDedupe],
    ) -> TypedTask[Result] | None: ...

    @overload
    async def enqueue(
        self,
        task_type: TaskType[Payload, Result],
        payload: Payload,
        *,
        connection: Any = None,
        **options: Unpack[OptionsBesideDedupe],
    ) -> TypedTask[Result]: ...

    @overload
    async def enqueue(
        self,
        task_type: str,
        payload: Any = None,
        *,
        dedupe: Dedupe | str | None,
        connection: Any = None,
        **options: Unpack[OptionsBesideDedupe],
    ) -> Task | None: ...

    @overload
    async def enqueue(
        self, task_type: str, payload: Any = None, *, connection: Any = None, **options: Unpack[OptionsBesideDedupe]
    ) -> Task: ...

    async def enqueue(
        self,
        task_type: str | TaskType[Any, Any],
        payload: Any = None,
        *,
        connection: Any = None,
        **options: Unpack[EnqueueOptions],
    ) -> Task | None:
        """Store a task and return it, or None if its dedupe key is held.

        Inside a handler the correlation id is carried on. `connection` is the caller's own database connection: the
        task exists if its transaction commits. Raises InvalidTaskDataError, and then nothing is stored. EnqueueTask
        says what each option means.
        """
        container = await self._opened()
        answer: Task | None = await container.enqueue(task_type, payload, connection=connection, **options)
        return answer

    async def enqueue_many(
        self,
        task_type: TaskType[Payload, Result],
        payloads: Iterable[Payload],
        *,
        connection: Any = None,
        **options: Unpack[EnqueueOptions],
    ) -> list[TypedTask[Result] | Duplicate]:
        """Store a task for each payload, all of one type, in one atomic step; one answer per payload, in order."""
        container = await self._opened()
        return await container.enqueue_many(task_type, payloads, connection=connection, **options)

    @overload
    async def schedule(
        self,
        task_type: TaskType[Payload, Result],
        payload: Payload,
        delay: float,
        *,
        dedupe: Dedupe | str | None,
        connection: Any = None,
        **options: Unpack[OptionsBesideTime],
    ) -> TypedTask[Result] | None: ...

    @overload
    async def schedule(
        self,
        task_type: TaskType[Payload, Result],
        payload: Payload,
        delay: float,
        *,
        connection: Any = None,
        **options: Unpack[OptionsBesideTime],
    ) -> TypedTask[Result]: ...

    @overload
    async def schedule(
        self,
        task_type: str,
        payload: Any,
        delay: float,
        *,
        dedupe: Dedupe | str | None,
        connection: Any = None,
        **options: Unpack[OptionsBesideTime],
    ) -> Task | None: ...

    @overload
    async def schedule(
        self,
        task_type: str,
        payload: Any,
        delay: float,
        *,
        connection: Any = None,
        **options: Unpack[OptionsBesideTime],
    ) -> Task: ...

    async def schedule(
        self,
        task_type: str | TaskType[Any, Any],
        payload: Any,
        delay: float,
        *,
        dedupe: Dedupe | str | None = None,
        connection: Any = None,
        **options: Unpack[OptionsBesideTime],
    ) -> Task | None:
        """Enqueue a task that is due in `delay` seconds; `options` are those of `enqueue`."""
        answer: Task | None = await self.enqueue(
            task_type,
            payload,
            delay=delay,
            dedupe=dedupe,
            connection=connection,
            **options,
        )
        return answer
