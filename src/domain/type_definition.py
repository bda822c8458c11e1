"""What a worker tells of a handler when it starts: where it stands, and what its payloads look like."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from backstage.domain.deferred_dataclass import dataclass

MOST_DEFINITIONS = 1000
LONGEST_SCHEMA = 16_384
"""Characters: a longer schema is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeDefinition:
    """How the worker that started last defines a type of task."""

    type: str
    version: int
    """Of the payloads that the handler takes."""
    module: str
    line: int | None
    """Where the handler begins in its file; None where that cannot be told."""
    schema: str | None
    """The JSON schema of the payload, as text; None for a handler that takes any JSON, or none."""
    told_at: datetime

    @property
    def source(self) -> str:
        """`shop.mail:42`."""
        return self.module if self.line is None else f"{self.module}:{self.line}"

    @property
    def payload_schema(self) -> dict[str, Any] | None:
        """The schema, read; None also where the text is not that of a JSON object."""
        try:
            read = json.loads(self.schema or "null")
        except (ValueError, RecursionError):
            return None
        return read if isinstance(read, dict) else None


def definition_document_of(definition: TypeDefinition) -> str:
    """As JSON text, which is how stores keep it, under its type."""
    return json.dumps(
        {
            "version": definition.version,
            "module": definition.module,
            "line": definition.line,
            "schema": definition.schema,
            "told_at": definition.told_at.isoformat(),
        }
    )


def definition_of(type_: str, document: str) -> TypeDefinition | None:
    """Return what `definition_document_of` gave this text for, or None for a text that makes no sense here."""
    try:
        fields = json.loads(document)
        schema, line = fields["schema"], fields["line"]
        return TypeDefinition(
            type=type_,
            version=int(fields["version"]),
            module=str(fields["module"]),
            line=None if line is None else int(line),
            schema=None if schema is None else str(schema),
            told_at=datetime.fromisoformat(fields["told_at"]),
        )
    except (ValueError, TypeError, KeyError):
        return None
