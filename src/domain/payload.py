"""A payload: any JSON value, kept as the text that was checked at the edge."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from typing import Any

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.limits import (
    MAX_INTEGER,
    MAX_PAYLOAD_BYTES,
    MAX_PAYLOAD_DEPTH,
    MIN_INTEGER,
    shown,
)

_MAYBE_TOO_BIG = re.compile(r"[0-9]{19}")
_PLAIN_TYPES = frozenset({dict, list, str, int, float, bool, type(None)})
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_decode = json.JSONDecoder().raw_decode


def encode_payload(value: Any, *, field: str = "payload", limit: int = MAX_PAYLOAD_BYTES) -> str:
    """Return `value` as compact JSON text of at most `limit` bytes.

    Pydantic models and dataclasses become objects, tuples become arrays. Raises InvalidTaskDataError naming
    the path of the first value that is not JSON: NaN, a lone surrogate, NUL, an int beyond 64 bits, a key that
    is not a string, more than 64 levels.
    """
    if type(value) not in _PLAIN_TYPES:
        value = _plain(value)
    try:
        text = _encode(value)
        # Equality after a round trip proves in C what the walk below proves slowly: JSON, and nothing coerced.
        proven = (
            text.count("[") + text.count("{") <= MAX_PAYLOAD_DEPTH
            and "\\u0000" not in text
            and not _MAYBE_TOO_BIG.search(text)
            and decode_payload(text) == value
        )
        size = _bytes(text)
    except (TypeError, ValueError, RecursionError):
        proven = False
    if not proven:
        text = _encode(_walk(value, field, 0))
        size = _bytes(text)
    if size > limit:
        raise InvalidTaskDataError.of(
            field,
            f"is {size:,} bytes of JSON, the limit is {limit:,}: store the data elsewhere and pass a reference",
        )
    return text


def decode_payload(text: str) -> Any:
    """Return the value of a stored payload. Raises ValueError when somebody else wrote rubbish there."""
    try:
        value, end = _decode(text)
    except ValueError:
        end = -1
    return value if end == len(text) else json.loads(text)  # which takes blanks around it, and else says what is wrong


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    if hasattr(value, "model_dump") and not isinstance(value, type):
        return value.model_dump(mode="json")
    return value


def _walk(value: Any, path: str, depth: int) -> Any:
    """Return a copy made of plain JSON types alone; `depth` counts the arrays and objects around the value."""
    value = _plain(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, path)
    if isinstance(value, (int, float)):
        return _number(value, path)
    if isinstance(value, (dict, list, tuple)) and depth >= MAX_PAYLOAD_DEPTH:
        raise _error(path, f"is nested deeper than {MAX_PAYLOAD_DEPTH} levels: flatten it")
    if isinstance(value, dict):
        return {_key(key, path): _walk(item, f"{path}.{key}", depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_walk(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)]
    raise _error(
        path,
        f"is a {type(value).__name__}, which JSON does not have: convert it to a string, number, list or object",
    )


def _number(value: int | float, path: str) -> int | float:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _error(path, f"is {value}, which JSON does not have: use null or a string")
        return float(value)
    if not MIN_INTEGER <= value <= MAX_INTEGER:
        raise _error(path, "is an int beyond 64 bits: pass it as a string")
    return int(value)


def _key(key: object, path: str) -> str:
    if not isinstance(key, str):
        raise _error(path, f"has the key {shown(key)}, which is not a string")
    return _text(key, f"a key of {path}")


def _text(text: str, path: str) -> str:
    if "\0" in text:
        raise _error(path, "contains a NUL character, which no SQL store keeps: remove it")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _error(path, "contains a lone surrogate: it is not valid Unicode") from None
    return str.__str__(text)  # the str of an enum that is one would be its name


def _error(path: str, message: str) -> InvalidTaskDataError:
    return InvalidTaskDataError.of(_short(path), message)


def _short(path: str) -> str:
    return path if len(path) <= 120 else f"{path[:100]}... ({path.count('[') + path.count('.')} levels)"
