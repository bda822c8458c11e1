"""The values that requests are made of, with the limits of the domain, so that the OpenAPI document tells them."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import Path
from pydantic import AwareDatetime, BeforeValidator, Field, Strict, WithJsonSchema

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
_NUMBER = re.compile(r"\s*[-+]?[\d.]+(?:[eE][-+]?\d+)?\s*")
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


def _written_out(value: Any) -> Any:
    """A number would be taken for seconds or milliseconds, whichever seems likely."""
    if isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise ValueError("must be a date and time such as 2030-01-31T08:00:00Z")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out)]
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
