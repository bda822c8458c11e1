"""Models, dataclasses and Structs in plain JSON types: as they are told, or in a form that their type reads back.

Models are known by pydantic's own protocol (`model_dump`, `__pydantic_validator__`): nothing here needs pydantic.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from msgspec import Struct

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.field_error import FieldError
from backstage.domain.keys_to_read_by import with_keys_to_read_by
from backstage.domain.limits import MAX_PAYLOAD_BYTES
from backstage.domain.read_back import difference

_NOT_READ_BACK = (
    "is not the same when it is read back (excluded, masked, or of a type that its annotation does not tell): "
    "pass it in another form, or a reference to it"
)


def told(value: Any, path: str) -> Any:
    """Return a model, a dataclass or a msgspec Struct as a dict by its fields' names, anything else as it is.

    Raises InvalidTaskDataError with the path of what cannot be dumped.
    """
    kind = type(value)
    if dataclasses.is_dataclass(kind):
        return {each.name: _attribute(value, each.name, path) for each in dataclasses.fields(value)}
    if isinstance(value, Struct):
        return {name: _attribute(value, name, path) for name in value.__struct_fields__}
    if callable(getattr(kind, "model_dump", None)) and kind is not type:
        return _dumped(lambda: value.model_dump(mode="json"), value, path)
    return value


class Schema(NamedTuple):
    """What reads values of a type from JSON text, and what writes them, as pydantic has it."""

    validator: Any
    serializer: Any


SchemaOf = Callable[[type], Schema | None]


def own_schema(kind: type) -> Schema | None:
    """That of a pydantic model or dataclass, which carries it."""
    validator = getattr(kind, "__pydantic_validator__", None)
    serializer = getattr(kind, "__pydantic_serializer__", None)
    return None if validator is None or serializer is None else Schema(validator, serializer)


def readable(value: Any, path: str, schema_of: SchemaOf = own_schema) -> Any:
    """Like `told`, but in the keys that validation takes, without computed fields, and tried: what validation makes of
    it is equal to `value`, or InvalidTaskDataError says where it is not. A type without a schema is not tried."""
    schema = schema_of(type(value))
    if schema is None:
        return told(value, path)
    by_alias = _dumped(_dump(value, schema, by_alias=True), value, path, schema_of)
    refusal = _refusal(value, schema, by_alias, path)
    if refusal is None:
        return by_alias
    by_name = _dumped(_dump(value, schema, by_alias=False), value, path, schema_of)
    for form in (by_name, with_keys_to_read_by(value, by_name)):
        if _refusal(value, schema, form, path) is None:
            return form
    raise refusal


def _dump(value: Any, schema: Schema, *, by_alias: bool) -> Callable[[], Any]:
    def dump() -> Any:
        options = {"mode": "json", "by_alias": by_alias, "round_trip": True, "warnings": False}
        if hasattr(type(value), "model_dump"):
            return value.model_dump(**options)
        return schema.serializer.to_python(value, **options)

    return dump


def _refusal(value: Any, schema: Schema, form: Any, path: str) -> InvalidTaskDataError | None:
    """What keeps `form` from being read back as `value`."""
    try:
        text = json.dumps(form, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return None  # it is no JSON, and is refused as such
    if len(text) > MAX_PAYLOAD_BYTES:
        return None  # it is refused for its size
    try:
        again = schema.validator.validate_json(text)
    except Exception as error:  # a validator is the user's code
        return _unreadable(error, path)
    place = difference(value, again, path)
    return None if place is None else InvalidTaskDataError.of(place, _NOT_READ_BACK)


def _unreadable(error: Exception, path: str) -> InvalidTaskDataError:
    if getattr(error, "errors", None) is None:
        return InvalidTaskDataError.of(path, f"cannot be read back: {type(error).__name__}: {error}")
    return InvalidTaskDataError(
        tuple(FieldError(each.field, f"cannot be read back: {each.message}") for each in misfits(error, path))
    )


def misfits(error: Any, path: str) -> tuple[FieldError, ...]:
    """What a ValidationError of pydantic finds fault with; `path` is what was validated."""
    errors: list[Mapping[str, Any]] = error.errors()
    return tuple(
        FieldError(
            path + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in each["loc"]), each["msg"]
        )
        for each in errors
    )


def _dumped(dump: Callable[[], Any], value: Any, path: str, schema_of: SchemaOf = own_schema) -> Any:
    try:
        return dump()
    except Exception as error:  # a serializer, a computed field and a property are the user's code
        place = _undumpable(value, path, schema_of)
        raise InvalidTaskDataError.of(place, f"cannot be dumped: {type(error).__name__}: {error}") from error


def _undumpable(value: Any, path: str, schema_of: SchemaOf) -> str:
    """The path of the innermost field that cannot be dumped by itself."""
    schema = schema_of(type(value))
    if schema is not None:
        computed = getattr(getattr(type(value), "__pydantic_decorators__", None), "computed_fields", {})
        for name in (*_field_names(value), *computed):
            try:
                schema.serializer.to_python(value, mode="json", include={name}, warnings=False)
            except Exception:
                place = f"{path}.{name}"
                return place if name in computed else _undumpable(getattr(value, name, None), place, schema_of)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if (place := _undumpable(item, f"{path}.{key}", schema_of)) != f"{path}.{key}":
                return place
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            if (place := _undumpable(item, f"{path}[{index}]", schema_of)) != f"{path}[{index}]":
                return place
    return path


def _field_names(value: Any) -> tuple[str, ...]:
    if dataclasses.is_dataclass(value):
        return tuple(each.name for each in dataclasses.fields(value))
    return tuple(getattr(type(value), "__pydantic_fields__", ()))


def _attribute(value: Any, name: str, path: str) -> Any:
    try:
        return getattr(value, name)
    except Exception as error:  # never set, or a property that raises
        raise InvalidTaskDataError.of(f"{path}.{name}", f"cannot be dumped: {type(error).__name__}: {error}") from error
