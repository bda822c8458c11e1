from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from backstage.infra.postgres.connector import Connector
from backstage.infra.postgres.location import parse_url


class CancelledOnceConnected(Connector):
    """Whoever connects is cancelled as soon as there is a connection, and before it has been looked at."""

    made: asyncpg.Connection[Any]

    async def _connect(self, settings: dict[str, str]) -> asyncpg.Connection[Any]:
        self.made = await super()._connect(settings)
        connecting = asyncio.current_task()
        assert connecting is not None
        connecting.cancel()
        return self.made


async def test_whoever_is_cancelled_while_connecting_leaves_no_connection(postgres_url: str) -> None:
    connector = CancelledOnceConnected(parse_url(postgres_url))
    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(connector.connect())
    assert connector.made.is_closed()
