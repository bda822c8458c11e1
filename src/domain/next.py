"""What a handler returns to chain a task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from backstage.domain.dedupe import Dedupe
from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.typed_payload import TypedPayload


@dataclass(frozen=True, slots=True)
class Next:
    """A task to enqueue in the same atomic step that completes this one.

    `delay` is seconds. `queue` and `priority` are the current task's unless given. `result` becomes the result of the
    current task; `tags` and `key` are the new task's own. The new task carries the correlation and workflow ids on.
    Where a task of that `id` is stored already, or another one holds the key of `dedupe`, nothing is enqueued, and the
    current task completes all the same.
    """

    type: str
    payload: Any = None
    delay: float = 0.0
    queue: str | None = None
    priority: int | None = None
    max_attempts: int | None = None
    timeout: float | None = None
    result: Any = None
    id: str | UUID | None = None
    dedupe: Dedupe | str | None = None
    max_deliveries: int | None = None
    tags: Sequence[str] = ()
    key: str | None = None
    payload_version: int = 1

    @property
    def plain_payload(self) -> Any:
        """The value itself, where the type that it is for has been named with it."""
        return self.payload.value if isinstance(self.payload, TypedPayload) else self.payload
