from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from backstage.domain.token import Token
from backstage.domain.token_document import token_document_of, token_of
from backstage.infra.moments import from_micros, to_micros
from backstage.infra.redis.client import Client


class RedisTokens:
    """Tokens over two hashes: digest -> the document, and id -> the moment of the last use."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def put(self, token: Token, digest: str) -> None:
        await self._client.command("HSET", self._client.keys.tokens, digest, token_document_of(token))

    async def find(self, digest: str) -> Token | None:
        keys = self._client.keys
        document = await self._client.command("HGET", keys.tokens, digest)
        token = None if document is None else token_of(document.decode(), None)
        if token is None:
            return None
        used = await self._client.command("HGET", keys.token_uses, token.id)
        return replace(token, last_used_at=_moment(used))

    async def used(self, token_id: str, at: datetime) -> None:
        await self._client.command("HSET", self._client.keys.token_uses, token_id, to_micros(at))

    async def delete(self, token_id: str) -> bool:
        keys = self._client.keys
        stored = await self._client.command("HGETALL", keys.tokens)
        read = [(digest, token_of(document.decode(), None)) for digest, document in stored.items()]
        digests = [digest for digest, token in read if token is not None and token.id == token_id]
        if not digests:
            return False
        deleted, _ = await self._client.commands(("HDEL", keys.tokens, *digests), ("HDEL", keys.token_uses, token_id))
        return bool(deleted)

    async def all(self) -> list[Token]:
        keys = self._client.keys
        stored, uses = await self._client.commands(("HGETALL", keys.tokens), ("HGETALL", keys.token_uses))
        read = [token_of(document.decode(), None) for document in stored.values()]
        known = [token for token in read if token is not None]
        used = [replace(token, last_used_at=_moment(uses.get(token.id.encode()))) for token in known]
        return sorted(used, key=lambda token: (token.created_at, token.id))


def _moment(micros: bytes | None) -> datetime | None:
    return None if micros is None else from_micros(int(micros))
