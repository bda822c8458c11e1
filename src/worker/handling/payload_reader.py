"""Reads a payload by the type that its handler's parameter is annotated with. Loads pydantic."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic_core import PydanticOmit

from backstage.domain.errors import ConfigurationError
from backstage.domain.typed_dicts import validatable
from backstage.domain.typed_values import misfits
from backstage.worker.handling.payload_misfit import PayloadMisfit


class PayloadReader:
    """Raises ConfigurationError for a type that pydantic does not validate; `label` is the handler's name."""

    def __init__(self, payload_type: Any, label: str) -> None:
        try:
            self._adapter: TypeAdapter[Any] = TypeAdapter(validatable(payload_type))
        except Exception as error:
            problem = f"pydantic cannot validate its payload type {payload_type!r}"
            raise ConfigurationError(label, problem) from error

    def schema(self) -> str | None:
        """The JSON schema of the type, as text; None where pydantic has none for it."""
        try:
            return json.dumps(self._adapter.json_schema(), ensure_ascii=False)
        except (PydanticInvalidForJsonSchema, PydanticOmit, TypeError, ValueError):
            return None

    def read(self, payload_json: str) -> Any:
        """Raises PayloadMisfit when the payload does not fit the type."""
        try:
            return self._adapter.validate_json(payload_json)
        except ValidationError as error:
            raise PayloadMisfit(misfits(error, "payload")) from None
