"""The arguments of a call as the audit log tells them: JSON values, short, and without payloads."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

_UNTOLD = frozenset({"payload", "payloads", "connection", "target", "args", "created_by", "by"})
_LONGEST_TEXT = 200
_MOST_ITEMS = 20
_OF_A_REQUEST = ("type", "name", "task_name", "queue", "schedule", "state", "max_age", "keep_last", "kind")


def by_name(call: Callable[..., Any], arguments: tuple[Any, ...], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments by the names that the call gives them. Raises TypeError for those it would refuse."""
    bound = inspect.signature(call).bind(*arguments, **options)
    named: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        if bound.signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
            named |= value
        else:
            named[name] = value
    return named


def told(named: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the log keeps of arguments: those that were given, and can be told in a few words."""
    return {
        name: _plain(value)
        for name, value in named.items()
        if name not in _UNTOLD and value is not None and not callable(value)
    }


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_TEXT else f"{value[:_LONGEST_TEXT]}…"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in list(value.items())[:_MOST_ITEMS]}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in list(value)[:_MOST_ITEMS]]
    parts = {name: getattr(value, name) for name in _OF_A_REQUEST if hasattr(value, name)}
    return {name: _plain(part) for name, part in parts.items() if part is not None} or type(value).__name__
