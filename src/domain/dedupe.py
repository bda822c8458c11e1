"""One live task per key: the key, and how long it is held."""

from __future__ import annotations

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.limits import MAX_KEY_LENGTH, check_seconds, check_text


@dataclass(frozen=True, slots=True)
class Dedupe:
    """A key that refuses an equal task on the same queue.

    With `ttl` (seconds) the key is held that long from the enqueue, also after the task has ended. Without, it
    is held while the task is pending or running. Cancelling the task frees it either way.
    """

    key: str
    ttl: float | None = None

    def __post_init__(self) -> None:
        check_text("dedupe.key", self.key, MAX_KEY_LENGTH)
        if self.ttl is not None:
            check_seconds("dedupe.ttl", self.ttl, least=0.001)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Returned in place of a task if the dedupe key is held: nothing was stored."""

    holder_id: str
    """The id of the task that holds the key."""
    key: str
