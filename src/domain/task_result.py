"""What a handler may return to say in one value how it went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.next import Next


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What a handler may return to say everything with one type.

    `success=False` is the same as raising `error`: the task is retried while attempts remain.
    `error` is an exception or a text. `next` are tasks to enqueue in the same atomic step as the completion.
    """

    success: bool = True
    result: Any = None
    error: BaseException | str | None = None
    next: Next | Sequence[Next] | None = None
