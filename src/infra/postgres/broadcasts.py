from __future__ import annotations

from backstage.domain.broadcast_message import KEPT_AT_MOST, KEPT_FOR, BroadcastMessage
from backstage.domain.ports.broadcasts import Received
from backstage.infra.moments import from_micros, ticks, to_micros
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.statements import statement
from backstage.infra.postgres.store import Store

_POSITION = "SELECT last FROM backstage_broadcast_position"


class PostgresBroadcasts:
    """Broadcasts over the server. Positions are numbers, given out in the order in which they become visible."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def send(self, message: BroadcastMessage) -> None:
        async def step(session: Session) -> None:
            await session.fetch(
                statement("send_broadcast"),
                self._store.time.now(),
                message.id,
                message.name,
                message.payload_json,
                to_micros(message.sent_at),
                ticks(KEPT_FOR),
                KEPT_AT_MOST,
            )

        await self._store.database.run(step)
        self._store.notifier.wake()

    async def position(self) -> str:
        async def step(session: Session) -> str:
            return str(await session.value(_POSITION))

        return await self._store.database.run(step)

    async def receive(self, after: str, limit: int) -> Received:
        async def step(session: Session) -> Received:
            rows = await session.fetch(
                statement("receive_broadcasts"), self._store.time.now(), int(after), limit, ticks(KEPT_FOR)
            )
            messages = [
                BroadcastMessage(id=id_, name=name, payload_json=payload, sent_at=from_micros(sent_at))
                for _, id_, name, payload, sent_at in rows
            ]
            return Received(messages, str(rows[-1][0]) if rows else after)

        return await self._store.database.run(step)
