from __future__ import annotations

from datetime import datetime

from backstage.domain.token import Token
from backstage.domain.token_document import token_document_of, token_of
from backstage.infra.moments import from_micros, to_micros
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.store import Store

_PUT = "INSERT INTO backstage_tokens (digest, id, document) VALUES ($1, $2, $3)"
_FIND = "SELECT document, last_used_at FROM backstage_tokens WHERE digest = $1"
_USED = "UPDATE backstage_tokens SET last_used_at = $1 WHERE id = $2"
_DELETE = "DELETE FROM backstage_tokens WHERE id = $1 RETURNING true"
_ALL = "SELECT document, last_used_at FROM backstage_tokens"


class PostgresTokens:
    """Tokens over the server."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, token: Token, digest: str) -> None:
        async def step(session: Session) -> None:
            await session.fetch(_PUT, digest, token.id, token_document_of(token))

        await self._store.database.run(step)

    async def find(self, digest: str) -> Token | None:
        found = await self._read(_FIND, digest)
        return found[0] if found else None

    async def used(self, token_id: str, at: datetime) -> None:
        async def step(session: Session) -> None:
            await session.fetch(_USED, to_micros(at), token_id)

        await self._store.database.run(step)

    async def delete(self, token_id: str) -> bool:
        async def step(session: Session) -> bool:
            return bool(await session.value(_DELETE, token_id))

        return await self._store.database.run(step)

    async def all(self) -> list[Token]:
        return sorted(await self._read(_ALL), key=lambda token: (token.created_at, token.id))

    async def _read(self, query: str, *values: str) -> list[Token]:
        async def step(session: Session) -> list[Token | None]:
            rows = await session.fetch(query, *values)
            return [token_of(document, None if used is None else from_micros(used)) for document, used in rows]

        return [token for token in await self._store.database.run(step) if token is not None]
