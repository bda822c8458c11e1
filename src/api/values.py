"""The values that requests are made of, with the limits of the domain, so that the OpenAPI document tells them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from pydantic import AwareDatetime, Field, Strict, WithJsonSchema

from backstage.domain.lane_type import MAX_PAYLOAD_VERSION
from backstage.domain.limits import (
    MAX_ATTEMPTS,
    MAX_KEY_LENGTH,
    MAX_NAME_LENGTH,
    MAX_PRIORITY,
    MAX_SECONDS,
    MIN_PRIORITY,
)

NAME = r"^[A-Za-z0-9_][A-Za-z0-9_.:\-]{0,127}$"
ID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
TEXT = r"^[^\x00]*$"

Name = Annotated[str, Field(pattern=NAME, max_length=MAX_NAME_LENGTH)]
TaskId = Annotated[str, Field(pattern=ID)]
Key = Annotated[str, Field(min_length=1, max_length=MAX_KEY_LENGTH, pattern=TEXT)]
Seconds = Annotated[float, Strict(), Field(ge=0.0, le=MAX_SECONDS)]
TimeLimit = Annotated[float, Strict(), Field(ge=0.001, le=MAX_SECONDS)]
Attempts = Annotated[int, Strict(), Field(ge=1, le=MAX_ATTEMPTS)]
Version = Annotated[int, Strict(), Field(ge=1, le=MAX_PAYLOAD_VERSION)]
Priority = Annotated[int, Strict(), Field(ge=MIN_PRIORITY, le=MAX_PRIORITY)]
Flag = Annotated[bool, Strict()]
Moment = AwareDatetime
Payload = Annotated[Any, WithJsonSchema({"allOf": [{"$ref": "#/components/schemas/Json"}]})]

PathName = Annotated[str, Path(pattern=NAME, max_length=MAX_NAME_LENGTH)]

JSON_SCHEMA: dict[str, Any] = {
    "title": "Json",
    "description": "Any JSON value: no NUL character, whole numbers of 64 bits, at most 64 levels and 1 MiB.",
    "anyOf": [
        {"type": "null"},
        {"type": "boolean"},
        {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
        {"type": "number"},
        {"type": "string", "pattern": TEXT},
        {"type": "array", "items": {"$ref": "#/components/schemas/Json"}},
        {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Json"}},
    ],
}
"""A payload, in the OpenAPI document."""
