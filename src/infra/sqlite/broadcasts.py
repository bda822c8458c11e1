from __future__ import annotations

import sqlite3
from datetime import timedelta
from functools import partial

from backstage.domain.broadcast_message import KEPT_AT_MOST, KEPT_FOR, BroadcastMessage
from backstage.domain.ports.broadcasts import Received
from backstage.domain.ports.clock import Clock
from backstage.infra.moments import from_micros, to_micros
from backstage.infra.sqlite.reader import Reader
from backstage.infra.sqlite.statements import statement
from backstage.infra.sqlite.transaction import Transaction
from backstage.infra.sqlite.writer import Writer

_KEPT_FOR = timedelta(seconds=KEPT_FOR)
_IS_KEPT = "SELECT 1 FROM backstage_broadcasts WHERE id = ?"
_FORGET_OLD = "DELETE FROM backstage_broadcasts WHERE stored_at < ?"
_FORGET_UNTIL = "DELETE FROM backstage_broadcasts WHERE position <= ?"
_LAST = "SELECT seq FROM sqlite_sequence WHERE name = 'backstage_broadcasts'"


class SqliteBroadcasts:
    """Broadcasts over the file. A position is the number of a message, counted in the order of commits."""

    def __init__(self, writer: Writer, reader: Reader, clock: Clock) -> None:
        self._writer, self._reader, self._clock = writer, reader, clock

    async def send(self, message: BroadcastMessage) -> None:
        await self._writer.run(partial(_send, message))

    async def position(self) -> str:
        return await self._reader.run(_position)

    async def receive(self, after: str, limit: int) -> Received:
        oldest = to_micros(self._clock.now() - _KEPT_FOR)
        return await self._reader.run(partial(_receive, after, oldest, limit))


def _send(message: BroadcastMessage, transaction: Transaction) -> None:
    cursor, now = transaction.cursor, transaction.now()
    transaction.makes_work = True
    cursor.execute(_FORGET_OLD, (to_micros(now - _KEPT_FOR),))
    if cursor.execute(_IS_KEPT, (message.id,)).fetchone() is not None:
        return
    row = (message.id, message.name, message.payload_json, to_micros(message.sent_at), to_micros(now))
    cursor.execute(statement("insert_broadcast"), row)
    assert cursor.lastrowid is not None
    cursor.execute(_FORGET_UNTIL, (cursor.lastrowid - KEPT_AT_MOST,))


def _position(connection: sqlite3.Connection) -> str:
    row = connection.execute(_LAST).fetchone()
    return "0" if row is None else str(row[0])


def _receive(after: str, oldest: int, limit: int, connection: sqlite3.Connection) -> Received:
    rows = connection.execute(statement("broadcasts_after"), (int(after), oldest, limit)).fetchall()
    messages = [
        BroadcastMessage(id=id_, name=name, payload_json=payload, sent_at=from_micros(sent_at))
        for _, id_, name, payload, sent_at in rows
    ]
    return Received(messages, str(rows[-1][0]) if rows else after)
