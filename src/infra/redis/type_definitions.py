from __future__ import annotations

from collections.abc import Sequence

from backstage.domain.type_definition import MOST_DEFINITIONS, TypeDefinition, definition_document_of, definition_of
from backstage.infra.redis.client import Client


class RedisTypeDefinitions:
    """TypeDefinitions over a hash: type -> the definition, as JSON."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def put(self, definitions: Sequence[TypeDefinition]) -> None:
        if not definitions:
            return
        key = self._client.keys.type_definitions
        fields = [text for each in definitions for text in (each.type, definition_document_of(each))]
        await self._client.command("HSET", key, *fields)
        latest = sorted(await self.all(), key=lambda each: (each.told_at, each.type), reverse=True)
        if latest[MOST_DEFINITIONS:]:
            await self._client.command("HDEL", key, *(each.type for each in latest[MOST_DEFINITIONS:]))

    async def all(self) -> list[TypeDefinition]:
        stored = await self._client.command("HGETALL", self._client.keys.type_definitions)
        read = [definition_of(type_.decode(), document.decode()) for type_, document in stored.items()]
        return sorted((each for each in read if each is not None), key=lambda each: each.type)
