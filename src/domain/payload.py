"""A payload: any JSON value, kept as the text that was checked at the edge."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from msgspec.json import Decoder, Encoder

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.event_log import MOST_DATA_BYTES
from backstage.domain.limits import MAX_PAYLOAD_BYTES, MAX_PAYLOAD_DEPTH
from backstage.domain.plain_json import PlainJson
from backstage.domain.typed_values import readable, told

_MAYBE_EXPONENT = re.compile(r"[0-9]e-?[0-9]")
_SHAPE = bytes.maketrans(b"123456789{", b"000000000[")
"""All digits alike, and all brackets: to look for these in C is much quicker than a pattern."""
_MAYBE_TOO_BIG = "0" * 19
_PLAIN_TYPES = frozenset({dict, list, str, int, float, bool, type(None)})
_LEAST_BYTES: dict[type, int] = {dict: 4, list: 2, tuple: 2}
"""What an item of each takes in JSON, with its comma, at the least; the last one needs none."""
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_encode_fast = Encoder().encode
"""Ten times as fast; but it writes what is no JSON too, and some floats in other digits (decision 0715)."""
_decode = Decoder().decode


def encode_payload(
    value: Any,
    *,
    field: str = "payload",
    limit: int = MAX_PAYLOAD_BYTES,
    form: Callable[[Any, str], Any] = readable,
) -> str:
    """Return `value` as compact JSON text of at most `limit` bytes, in the form that its type reads back.

    Models become objects by the keys that their validation takes, and must be equal when they are read back;
    dataclasses become objects, tuples arrays, and what `json_form` knows, such as an aware datetime, its text. Raises
    InvalidTaskDataError naming the path of the first value that is not JSON: NaN, a lone surrogate, NUL, an int
    beyond 64 bits, a key that is not a string, more than 64 levels. `form` turns a model or a dataclass into a dict.
    """
    if type(value) not in _PLAIN_TYPES:
        value = form(value, field)
    if (least := _LEAST_BYTES.get(type(value))) is not None and len(value) * least - 1 > limit:
        raise _too_big(field, f"more than {limit:,}", limit)  # known before it costs anything
    text = _proven(value, limit)
    return _walked(value, field, limit, form) if text is None else text


def encode_result(value: Any, limit: int = MAX_PAYLOAD_BYTES) -> str:
    """Like `encode_payload`; but nobody reads a result by its type, so a model is told whole: by its fields' names,
    with its computed fields."""
    return encode_payload(value, field="result", limit=limit, form=told)


def encode_event(value: Any) -> str:
    """Like `encode_result`, for what a handler emits: at most 64 KiB."""
    return encode_payload(value, field="data", limit=MOST_DATA_BYTES, form=told)


def decode_payload(text: str) -> Any:
    """Return the value of a stored payload. Raises ValueError when somebody else wrote rubbish there."""
    try:
        return _decode(text)
    except (ValueError, RecursionError):
        return json.loads(text)  # which takes NaN and what else Python writes, and else says what is wrong


def _proven(value: Any, limit: int) -> str | None:
    """The text of what is small enough, and JSON as it stands; None for what must be looked at more closely.

    Equality after a round trip proves in C what the walk proves slowly: JSON, and nothing coerced.
    """
    try:
        encoded = _encode_fast(value)
        text, shape = encoded.decode(), encoded.translate(_SHAPE).decode()
        is_proven = (
            len(encoded) <= limit
            and "\\u0000" not in text
            and _MAYBE_TOO_BIG not in shape
            and (shape.count("[") <= MAX_PAYLOAD_DEPTH or not _is_too_deep(value))
            and _decode(text) == value
        )
        if is_proven and ("0.0000" in text or ("0e" in shape and _MAYBE_EXPONENT.search(text))):
            return _encode(value)  # for a float so near to zero, or so far from it, that the two write other digits
    except Exception:  # the walk finds what is wrong, and says where
        return None
    return text if is_proven else None


def _walked(value: Any, field: str, limit: int, form: Callable[[Any, str], Any]) -> str:
    """The text of a value whose parts are looked at one by one, unless it is too big in any case."""
    try:
        size = _size(_encode(value))
    except (TypeError, ValueError, RecursionError):
        size = 0  # it has parts that are no JSON yet
    if size <= limit:
        text = _encode(PlainJson(form, field, limit).of(value))
        if (size := _size(text)) <= limit:
            return text
    raise _too_big(field, f"{size:,}", limit)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_PAYLOAD_DEPTH):
        level = [
            item
            for outer in level
            if isinstance(outer, (dict, list, tuple))
            for item in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(item, (dict, list, tuple))
        ]
        if not level:
            return False
    return True


def _too_big(field: str, size: str, limit: int) -> InvalidTaskDataError:
    return InvalidTaskDataError.of(
        field, f"is {size} bytes of JSON, the limit is {limit:,}: store the data elsewhere and pass a reference"
    )
