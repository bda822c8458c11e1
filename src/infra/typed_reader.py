"""Reads JSON text by the type that it was written for. Loads pydantic."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from backstage.domain.errors import ConfigurationError, InvalidTaskDataError
from backstage.domain.typed_dicts import validatable
from backstage.domain.typed_values import misfits


def read_typed(kind: Any, text: str, field: str) -> Any:
    """Raises InvalidTaskDataError with the paths below `field` that do not fit the type, and ConfigurationError for a
    type that pydantic does not validate."""
    try:
        return _adapter(kind).validate_json(text)
    except ValidationError as error:
        raise InvalidTaskDataError(misfits(error, field)) from None


def read_typed_result(kind: Any, text: str) -> Any:
    """The same for a result, which is stored whole, by the names of its fields."""
    try:
        return _adapter(kind).validate_json(text, by_alias=True, by_name=True)
    except ValidationError as error:
        raise InvalidTaskDataError(misfits(error, "result")) from None


@lru_cache(maxsize=1024)  # programs have few such types, each for many tasks
def _adapter(kind: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(validatable(kind))
    except Exception as error:  # its annotations may be anything
        raise ConfigurationError("TaskType", f"pydantic cannot validate the type {kind!r}") from error
