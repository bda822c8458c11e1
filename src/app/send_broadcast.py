from __future__ import annotations

from typing import Any
from uuid import UUID

from backstage.domain.broadcast_message import BroadcastMessage
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.limits import check_name
from backstage.domain.payload import encode_payload
from backstage.domain.ports.broadcasts import Broadcasts
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.ids import Ids


class SendBroadcast:
    """Send a message to every live worker; each that has a receiver for `name` calls it once.

    `payload` is any JSON value, a pydantic model or a dataclass. Returns the message when it is stored. Sending the
    same `id`, a UUID, again stores nothing, so a caller that lost the answer may repeat it. Raises
    InvalidTaskDataError.
    """

    def __init__(self, broadcasts: Broadcasts, clock: Clock, ids: Ids) -> None:
        self._broadcasts, self._clock, self._ids = broadcasts, clock, ids

    async def __call__(self, name: str, payload: Any = None, *, id: str | UUID | None = None) -> BroadcastMessage:
        message = BroadcastMessage(
            id=self._ids.new() if id is None else _uuid(id),
            name=check_name("name", name),
            payload_json=encode_payload(payload),
            sent_at=self._clock.now(),
        )
        await self._broadcasts.send(message)
        return message


def _uuid(message_id: object) -> str:
    try:
        return str(UUID(str(message_id)))
    except ValueError:
        raise InvalidTaskDataError.of("id", "is not a UUID: pass one, or leave it out") from None
