from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Iterator
from typing import Any, TypeVar, Unpack, overload

from backstage.app.enqueue import answered, asked_for
from backstage.app.enqueue_options import CallOptions, EnqueueOptions, OptionsBesideDedupe
from backstage.app.enqueue_task import EnqueueTask
from backstage.app.schedule import CronOptions
from backstage.domain.dedupe import Dedupe, Duplicate
from backstage.domain.followed_event import FollowedEvent
from backstage.domain.schedule import Schedule
from backstage.domain.stats import TaskStats
from backstage.domain.task import Task
from backstage.domain.task_end import TaskEnd
from backstage.domain.task_query import TaskPage, TaskQuery
from backstage.domain.task_type import TaskType
from backstage.domain.typed_task import TypedTask

Payload = TypeVar("Payload")
Result = TypeVar("Result")
Value = TypeVar("Value")


class BlockingUses(ABC):
    """The use cases of a Container for code that cannot await.

    Each call returns when the store has answered, and raises what the use case of the same name raises.
    """

    @abstractmethod
    def run(self, use: Callable[[Any], Coroutine[Any, Any, Value]]) -> Value:
        """Return what any other use of the Container answers: `backstage.run(lambda b: b.pause_queue("mail"))`."""

    def _enqueue(self, use: Callable[[Any], Coroutine[Any, Any, Value]]) -> Value:
        """`run`, for a use that does nothing but store new tasks."""
        return self.run(use)

    @overload
    def enqueue(
        self,
        task_type: TaskType[Payload, Result],
        payload: Payload,
        *,
        dedupe: Dedupe | str | None,
        connection: Any = None,
        **options: Unpack[OptionsBesideDedupe],
    ) -> TypedTask[Result] | None: ...

    @overload
    def enqueue(
        self,
        task_type: TaskType[Payload, Result],
        payload: Payload,
        *,
        connection: Any = None,
        **options: Unpack[OptionsBesideDedupe],
    ) -> TypedTask[Result]: ...

    @overload
    def enqueue(
        self,
        task_type: str,
        payload: Any = None,
        *,
        dedupe: Dedupe | str | None,
        connection: Any = None,
        **options: Unpack[OptionsBesideDedupe],
    ) -> Task | None: ...

    @overload
    def enqueue(
        self, task_type: str, payload: Any = None, *, connection: Any = None, **options: Unpack[OptionsBesideDedupe]
    ) -> Task: ...

    def enqueue(
        self,
        task_type: str | TaskType[Any, Any],
        payload: Any = None,
        *,
        connection: Any = None,
        **options: Unpack[EnqueueOptions],
    ) -> Task | None:
        """Store a task and return it, or None if its dedupe key is held; `options` are the fields of EnqueueTask.

        Inside a handler the correlation id is carried on. `connection` is used in another thread: a
        sqlite3.Connection needs check_same_thread=False. Raises InvalidTaskDataError, and then nothing is stored.
        """
        request = asked_for(task_type, payload, options)
        return answered(task_type, self.enqueue_task(request, connection=connection))

    def enqueue_task(self, request: EnqueueTask, *, connection: Any = None) -> Task | Duplicate:
        """Store a task and return it, or the Duplicate that says who holds its dedupe key."""
        answer: Task | Duplicate = self._enqueue(lambda each: each.enqueue_task(request, connection=connection))
        return answer

    def enqueue_tasks(self, requests: Iterable[EnqueueTask], *, connection: Any = None) -> list[Task | Duplicate]:
        """Store all of them in one atomic step; one answer per request, in order."""
        tasks = list(requests)
        return self._enqueue(lambda backstage: backstage.enqueue_tasks(tasks, connection=connection))

    def enqueue_many(
        self,
        task_type: TaskType[Payload, Result],
        payloads: Iterable[Payload],
        *,
        connection: Any = None,
        **options: Unpack[EnqueueOptions],
    ) -> list[TypedTask[Result] | Duplicate]:
        """Store a task for each payload, all of one type, in one atomic step; one answer per payload, in order."""
        all_of_them = list(payloads)
        return self._enqueue(
            lambda backstage: backstage.enqueue_many(task_type, all_of_them, connection=connection, **options)
        )

    def schedule(
        self, task_type: TaskType[Payload, Any], payload: Payload, *, cron: str, **options: Unpack[CronOptions]
    ) -> Schedule:
        """Enqueue a task at each tick of `cron` from now on; `options` are those of CronTask."""
        schedule: Schedule = self.run(lambda backstage: backstage.schedule(task_type, payload, cron=cron, **options))
        return schedule

    def cancel_task(self, task_id: str) -> Task:
        task: Task = self.run(lambda backstage: backstage.cancel_task(task_id))
        return task

    def retry_task(self, task_id: str, *, reset_attempts: bool = False) -> Task:
        task: Task = self.run(lambda backstage: backstage.retry_task(task_id, reset_attempts=reset_attempts))
        return task

    def get_task(self, task_id: str) -> Task:
        task: Task = self.run(lambda backstage: backstage.get_task(task_id))
        return task

    def find_tasks(self, query: TaskQuery | None = None) -> TaskPage:
        page: TaskPage = self.run(lambda backstage: backstage.find_tasks(query))
        return page

    @overload
    def result(self, task: TypedTask[Result], *, timeout: float | None = None) -> Result: ...

    @overload
    def result(self, task: Task | str, *, timeout: float | None = None) -> Any: ...

    def result(self, task: Task | str, *, timeout: float | None = None) -> Any:
        """Wait until the task has ended, and return what its handler returned; `timeout` is in seconds."""
        return self.run(lambda backstage: backstage.result(task, timeout=timeout))

    def results(self, tasks: Iterable[Task | str], *, timeout: float | None = None) -> list[Any]:
        """Those of all tasks, in their order."""
        all_of_them = list(tasks)
        return self.run(lambda backstage: backstage.results(all_of_them, timeout=timeout))

    def as_completed(self, tasks: Iterable[Task | str], *, timeout: float | None = None) -> Iterator[TaskEnd]:
        """How each task has ended, whichever is first."""
        all_of_them = list(tasks)
        return self._each(lambda backstage: backstage.as_completed(all_of_them, timeout=timeout))

    @overload
    def call(
        self,
        task_type: TaskType[Payload, Result],
        payload: Payload,
        *,
        timeout: float | None = None,
        **options: Unpack[CallOptions],
    ) -> Result: ...

    @overload
    def call(
        self,
        task_type: str | EnqueueTask,
        payload: Any = None,
        *,
        timeout: float | None = None,
        **options: Unpack[CallOptions],
    ) -> Any: ...

    def call(
        self,
        task_type: TaskType[Any, Any] | str | EnqueueTask,
        payload: Any = None,
        *,
        timeout: float | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Enqueue a task, wait for `timeout` seconds until it has ended, and return what its handler returned."""
        return self.run(lambda backstage: backstage.call(task_type, payload, timeout=timeout, **options))

    def follow(self, task: Task | str, *, after: int = 0) -> Iterator[FollowedEvent]:
        """What happens to the task after the event of that number, until it has ended."""
        return self._each(lambda backstage: backstage.follow(task, after=after))

    def _each(self, begin: Callable[[Any], AsyncGenerator[Value, None]]) -> Iterator[Value]:
        """The items of an iterator that lives where the container does."""
        begun: list[AsyncGenerator[Value, None]] = []

        async def step(backstage: Any) -> list[Value]:
            if not begun:
                begun.append(begin(backstage))
            try:
                return [await anext(begun[0])]
            except StopAsyncIteration:
                return []

        async def end(backstage: Any) -> None:
            for each in begun:
                await each.aclose()

        try:
            while items := self.run(step):
                yield from items
        finally:
            self.run(end)

    def get_task_stats(self) -> TaskStats:
        stats: TaskStats = self.run(lambda backstage: backstage.get_task_stats())
        return stats


class UsesOfAnotherThread(BlockingUses):
    """Those of a container that lives on another thread's event loop."""

    def __init__(self, container: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._container = container
        self._loop = loop

    def run(self, use: Callable[[Any], Coroutine[Any, Any, Value]]) -> Value:
        future = asyncio.run_coroutine_threadsafe(use(self._container), self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise
