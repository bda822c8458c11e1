from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backstage.domain.payload import decode_payload

ReadResult = Callable[[Any, str], Any]
"""Given the type of a result and its JSON text, returns the result."""


def plain_result(result_type: Any, text: str) -> Any:
    """Whatever its type, as plain JSON values."""
    return decode_payload(text)
