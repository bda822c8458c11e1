from __future__ import annotations

import sqlite3
from functools import partial

from backstage.domain.ports.queue_control import Pause
from backstage.infra.moments import from_micros, to_micros
from backstage.infra.sqlite.reader import Reader
from backstage.infra.sqlite.transaction import Transaction
from backstage.infra.sqlite.writer import Writer

_PAUSE = """INSERT INTO backstage_pauses (kind, name, since, paused_by, reason) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT DO NOTHING"""
_RESUME = "DELETE FROM backstage_pauses WHERE kind = ? AND name = ?"
_PAUSED = "SELECT * FROM backstage_pauses ORDER BY kind, name"
"""A store that an earlier release made has the first three columns alone: kind, name, since."""


class SqliteControl:
    """QueueControl over the file."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer, self._reader = writer, reader

    async def pause(self, kind: str, name: str, *, by: str | None = None, reason: str | None = None) -> bool:
        return await self._writer.run(partial(_pause, kind, name, by, reason))

    async def resume(self, kind: str, name: str) -> bool:
        return await self._writer.run(partial(_resume, kind, name))

    async def paused(self) -> list[Pause]:
        return await self._reader.run(paused)


def _pause(kind: str, name: str, by: str | None, reason: str | None, transaction: Transaction) -> bool:
    values = (kind, name, to_micros(transaction.now()), by, reason)
    return transaction.cursor.execute(_PAUSE, values).rowcount == 1


def _resume(kind: str, name: str, transaction: Transaction) -> bool:
    transaction.makes_work = True
    return transaction.cursor.execute(_RESUME, (kind, name)).rowcount == 1


def paused(connection: sqlite3.Connection) -> list[Pause]:
    return [
        Pause(kind, name, from_micros(since), *by_and_reason)
        for kind, name, since, *by_and_reason in connection.execute(_PAUSED)
    ]
