from __future__ import annotations

from collections.abc import Sequence

from backstage.domain.type_definition import MOST_DEFINITIONS, TypeDefinition, definition_document_of, definition_of
from backstage.infra.moments import to_micros
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.store import Store

_PUT = """INSERT INTO backstage_type_definitions (type, told_at, document)
          SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[]) AS told (type, told_at, document)
           ORDER BY type COLLATE "C"
              ON CONFLICT (type) DO UPDATE SET told_at = excluded.told_at, document = excluded.document"""
_FORGET = """DELETE FROM backstage_type_definitions
              WHERE type IN (SELECT type FROM backstage_type_definitions ORDER BY told_at DESC, type DESC OFFSET $1)"""
_ALL = "SELECT type, document FROM backstage_type_definitions ORDER BY type"


class PostgresTypeDefinitions:
    """TypeDefinitions over the server."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, definitions: Sequence[TypeDefinition]) -> None:
        async def step(session: Session) -> None:
            await session.fetch(
                _PUT,
                [each.type for each in definitions],
                [to_micros(each.told_at) for each in definitions],
                [definition_document_of(each) for each in definitions],
            )
            await session.fetch(_FORGET, MOST_DEFINITIONS)

        await self._store.database.run(step)

    async def all(self) -> list[TypeDefinition]:
        async def step(session: Session) -> list[TypeDefinition | None]:
            return [definition_of(type_, document) for type_, document in await session.fetch(_ALL)]

        return [each for each in await self._store.database.run(step) if each is not None]
