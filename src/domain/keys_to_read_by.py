"""The keys by which a model is validated, where those by which it is dumped are others."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from itertools import pairwise
from typing import Any


def with_keys_to_read_by(value: Any, dumped: Any) -> Any:
    """Return `dumped`, the dump of `value` by its fields' names, with each name in place of its validation alias."""
    fields = getattr(type(value), "__pydantic_fields__", None)
    if isinstance(fields, dict):
        if isinstance(dumped, dict):
            return _renamed(value, dumped, fields)
        return with_keys_to_read_by(getattr(value, "root", None), dumped)
    if dataclasses.is_dataclass(value) and isinstance(dumped, dict):
        return {key: with_keys_to_read_by(getattr(value, key, None), item) for key, item in dumped.items()}
    if isinstance(value, Mapping) and isinstance(dumped, dict) and len(value) == len(dumped):
        pairs = zip(value.values(), dumped.items(), strict=True)
        return {key: with_keys_to_read_by(inner, item) for inner, (key, item) in pairs}
    if isinstance(value, (list, tuple, set, frozenset)) and isinstance(dumped, list) and len(value) == len(dumped):
        return [with_keys_to_read_by(inner, item) for inner, item in zip(value, dumped, strict=True)]
    return dumped


def _renamed(value: Any, dumped: dict[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    renamed: dict[str, Any] = {}
    for name, item in dumped.items():
        keys: list[str | int] = _keys(name, fields[name]) if name in fields else [name]
        _put(renamed, keys, with_keys_to_read_by(getattr(value, name, None), item))
    return renamed


def _keys(name: str, field: Any) -> list[str | int]:
    """More than one for a field that lies deeper in the document: an AliasPath."""
    alias = getattr(field, "validation_alias", None)
    choices = getattr(alias, "choices", None)
    if choices:
        alias = choices[0]
    if alias is None:
        return [name]
    path: list[str | int] = list(getattr(alias, "path", (alias,)))
    return path


def _put(holder: Any, keys: list[str | int], item: Any) -> None:
    for key, following in pairwise(keys):
        empty: Any = [] if isinstance(following, int) else {}
        if isinstance(holder, list):
            holder.extend([None] * (int(key) + 1 - len(holder)))
            if holder[int(key)] is None:
                holder[int(key)] = empty
            holder = holder[int(key)]
        else:
            holder = holder.setdefault(key, empty)
    last = keys[-1]
    if isinstance(holder, list):
        holder.extend([None] * (int(last) + 1 - len(holder)))
        holder[int(last)] = item
    else:
        holder[last] = item
