"""What tasks are enqueued by, beside a container: a worker, and the bench of the tests."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Unpack, overload

from backstage.app.enqueue_options import EnqueueOptions, OptionsBesideDedupe, OptionsBesideTime
from backstage.domain.dedupe import Dedupe
from backstage.domain.task import Task
from backstage.infra.container import Container


class EnqueueingHost(ABC):
    @abstractmethod
    async def _opened(self) -> Container:
        """The container, connected."""

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
        self, task_type: str, payload: Any = None, *, connection: Any = None, **options: Unpack[EnqueueOptions]
    ) -> Task | None:
        """Store a task and return it, or None if its dedupe key is held.

        Inside a handler the correlation id is carried on. `connection` is the caller's own database connection: the
        task exists if its transaction commits. Raises InvalidTaskDataError, and then nothing is stored. EnqueueTask
        says what each option means.
        """
        container = await self._opened()
        return await container.enqueue(task_type, payload, connection=connection, **options)

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
        task_type: str,
        payload: Any,
        delay: float,
        *,
        dedupe: Dedupe | str | None = None,
        connection: Any = None,
        **options: Unpack[OptionsBesideTime],
    ) -> Task | None:
        """Enqueue a task that is due in `delay` seconds; `options` are those of `enqueue`."""
        return await self.enqueue(task_type, payload, delay=delay, dedupe=dedupe, connection=connection, **options)
