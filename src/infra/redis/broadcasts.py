from __future__ import annotations

from collections.abc import Sequence

from backstage.domain.broadcast_message import KEPT_AT_MOST, KEPT_FOR, BroadcastMessage
from backstage.domain.ports.broadcasts import Received
from backstage.infra.moments import from_micros, ticks, to_micros
from backstage.infra.redis.client import Client
from backstage.infra.redis.rows import fields_of, unpack


class RedisBroadcasts:
    """Broadcasts over one stream; a position is an entry's id."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def send(self, message: BroadcastMessage) -> None:
        sent_at = str(to_micros(message.sent_at))
        fields = ["id", message.id, "name", message.name, "payload", message.payload_json, "sent", sent_at]
        argument = [message.id, fields, ticks(KEPT_FOR), KEPT_AT_MOST]
        await self._client.run("send_broadcast", self._client.keys.store, argument)

    async def position(self) -> str:
        return str((await self._client.run("last_broadcast", self._client.keys.store, [])).decode())

    async def receive(self, after: str, limit: int) -> Received:
        argument = [after, limit, ticks(KEPT_FOR)]
        entries = unpack(await self._client.run("receive_broadcasts", self._client.keys.store, argument))
        return Received([_message_of(flat) for _, flat in entries], entries[-1][0] if entries else after)


def _message_of(flat: Sequence[str]) -> BroadcastMessage:
    fields = fields_of(flat)
    return BroadcastMessage(
        id=fields["id"],
        name=fields["name"],
        payload_json=fields["payload"],
        sent_at=from_micros(int(fields["sent"])),
    )
