from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from backstage.api.admission import Asked
from backstage.api.documents import Document
from backstage.api.values import Moment

type_definitions = APIRouter(prefix="/v1", tags=["types"])


class TypeDefinitionDocument(Document):
    """What the worker that started last told of its handler of a type."""

    type: str
    version: int
    """Of the payloads that the handler takes."""
    module: str
    line: int | None
    payload_schema: dict[str, Any] | None
    """A JSON schema; null where the handler takes any JSON, or what has no schema."""
    told_at: Moment


class TypeDefinitionsDocument(Document):
    types: list[TypeDefinitionDocument]


@type_definitions.get("/type-definitions")
async def list_type_definitions(asked: Asked) -> TypeDefinitionsDocument:
    """Where handlers stand and what payloads they take, by type."""
    told = await asked.list_type_definitions()
    return TypeDefinitionsDocument(types=[TypeDefinitionDocument.model_validate(each) for each in told])
