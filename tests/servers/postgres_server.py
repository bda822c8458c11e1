"""The PostgreSQL server that all tests share; each takes databases of its own."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg


class PostgresServer:
    """`url` is of a database to connect to for making others."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._made: list[str] = []

    async def new_database(self) -> str:
        """Return the URL of a new, empty database, a copy of template0, which no connection can keep busy."""
        name = f"test_{uuid4().hex}"
        await self._execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        self._made.append(name)
        return urlsplit(self.url)._replace(path=f"/{name}").geturl()

    async def drop_databases(self) -> None:
        """Drop what new_database made, whoever is still connected to it."""
        while self._made:
            await self._execute(f'DROP DATABASE IF EXISTS "{self._made[-1]}" WITH (FORCE)')
            self._made.pop()

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url, timeout=30, command_timeout=60)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
