"""The call by which most tasks are enqueued: a type, a payload, and what else is said of it by name."""

from __future__ import annotations

from typing import Any, Unpack, overload

from backstage.app.current_task import current_task
from backstage.app.enqueue_options import EnqueueOptions, OptionsBesideDedupe
from backstage.app.enqueue_task import Enqueue, EnqueueTask
from backstage.domain.dedupe import Dedupe, Duplicate
from backstage.domain.task import Task


class EnqueueByType:
    """Store one task and return it, or None if its dedupe key is held.

    Inside a handler the correlation id is carried on. `connection` is the caller's own database connection: the task
    exists if its transaction commits. Raises InvalidTaskDataError, and then nothing is stored. EnqueueTask says what
    each option means; `enqueue_task` also says who holds the key.
    """

    def __init__(self, enqueue_task: Enqueue) -> None:
        self._enqueue_task = enqueue_task

    @overload
    async def __call__(
        self,
        task_type: str,
        payload: Any = None,
        *,
        dedupe: Dedupe | str | None,
        connection: Any = None,
        **options: Unpack[OptionsBesideDedupe],
    ) -> Task | None: ...

    @overload
    async def __call__(
        self, task_type: str, payload: Any = None, *, connection: Any = None, **options: Unpack[OptionsBesideDedupe]
    ) -> Task: ...

    async def __call__(
        self, task_type: str, payload: Any = None, *, connection: Any = None, **options: Unpack[EnqueueOptions]
    ) -> Task | None:
        return task_or_none(await self._enqueue_task(asked_for(task_type, payload, options), connection=connection))


def asked_for(task_type: str, payload: Any, options: EnqueueOptions) -> EnqueueTask:
    """The request that the call makes. Raises TypeError for an option that there is not."""
    running = current_task.get()
    if not options.get("correlation_id") and (running is not None or "correlation_id" in options):  # "": no header came
        options = {**options, "correlation_id": None if running is None else running.correlation_id}
    try:
        return EnqueueTask(task_type, payload, **options)
    except TypeError:
        _refuse_unknown(options)
        raise


def task_or_none(answer: Task | Duplicate) -> Task | None:
    return None if isinstance(answer, Duplicate) else answer


def _refuse_unknown(options: EnqueueOptions) -> None:
    """Name the call that was made, and not the class that the options were passed on to."""
    for name in options:
        if name not in EnqueueOptions.__optional_keys__:
            raise TypeError(f"enqueue() got an unexpected keyword argument {name!r}") from None
