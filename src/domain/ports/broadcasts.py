from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from backstage.domain.broadcast_message import BroadcastMessage
from backstage.domain.deferred_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Received:
    """Messages, oldest first, and the position after the last of them: what to ask with next."""

    messages: Sequence[BroadcastMessage]
    position: str


class Broadcasts(Protocol):
    """A short log that each worker reads at its own pace. Positions are the store's own and mean nothing elsewhere.

    Messages are kept for KEPT_FOR seconds by the store's clock, and KEPT_AT_MOST of them: what is older is never given,
    and is deleted by the next `send` at the latest. Errors are those of TaskRepository.
    """

    async def send(self, message: BroadcastMessage) -> None:
        """Store the message and wake every waiter. One whose id is kept already is not stored again, so a caller
        that lost the reply may ask again."""
        ...

    async def position(self) -> str:
        """After the newest message: where a worker begins that has just come."""
        ...

    async def receive(self, after: str, limit: int) -> Received:
        """At most `limit` messages after that position, in the order in which they were stored.

        No message ever appears before a position that was handed out: whoever goes on from each answer's position gets
        every kept message once. Without any, the position stays as it is.
        """
        ...
