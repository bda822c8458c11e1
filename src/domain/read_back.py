"""Whether a value that was read back is the one that was written."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def difference(before: Any, after: Any, path: str) -> str | None:
    """Return the path of the first difference, or None where there is none.

    Models and dataclasses are compared by their fields: what they keep beside them, such as private attributes, is no
    data. NaN is the same as NaN.
    """
    if before is after:
        return None
    names = _fields(before)
    if names is not None:
        return _of_fields(before, after, path, names)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        if before.keys() != after.keys():
            return path
        return _first(difference(item, after[key], f"{path}.{key}") for key, item in before.items())
    if isinstance(before, (list, tuple)) and type(before) is type(after):
        if len(before) != len(after):
            return path
        pairs = enumerate(zip(before, after, strict=True))
        return _first(difference(one, other, f"{path}[{index}]") for index, (one, other) in pairs)
    return None if _is_same(before, after) else path


def _of_fields(before: Any, after: Any, path: str, names: tuple[str, ...]) -> str | None:
    if type(before) is not type(after):
        return path
    missing = object()
    places = (
        difference(getattr(before, name, missing), getattr(after, name, missing), f"{path}.{name}") for name in names
    )
    extra = (getattr(before, "__pydantic_extra__", None) or {}, getattr(after, "__pydantic_extra__", None) or {})
    return _first(places) or difference(*extra, path)


def _fields(value: Any) -> tuple[str, ...] | None:
    kind = type(value)
    if dataclasses.is_dataclass(kind):
        return tuple(each.name for each in dataclasses.fields(kind) if each.compare)
    fields = getattr(kind, "__pydantic_fields__", None)
    return tuple(fields) if isinstance(fields, dict) else None


def _is_same(before: Any, after: Any) -> bool:
    try:
        if bool(before == after):
            return True
        if isinstance(before, datetime) and isinstance(after, datetime) and before.tzinfo and after.tzinfo:
            # In the hour that clocks repeat or leave out, Python calls one moment in two zones different (PEP 495).
            return before.astimezone(UTC) == after.astimezone(UTC)
        if before != before and after != after:  # noqa: PLR0124 - NaN alone differs from itself
            return type(before) is type(after)
    except Exception:  # arrays, say, have no single answer
        return False
    # A class that does not say when two are equal is compared by what its instances hold.
    kind = type(before)
    if (
        kind is type(after)
        and "__eq__" not in {name for each in kind.__mro__[:-1] for name in vars(each)}
        and hasattr(before, "__dict__")
        and not callable(before)
    ):
        return difference(vars(before), vars(after), "") is None
    return False


def _first(places: Any) -> str | None:
    return next((place for place in places if place is not None), None)
