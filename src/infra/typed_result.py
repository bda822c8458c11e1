"""Results, read by the type that their TaskType names."""

from __future__ import annotations

from typing import Any

from backstage.domain.payload import decode_payload


def read_typed_result(result_type: Any, text: str) -> Any:
    """Raises InvalidTaskDataError for a result that does not fit its type."""
    if result_type is Any:
        return decode_payload(text)
    from backstage.infra import typed_reader  # noqa: PLC0415 - loads pydantic

    return typed_reader.read_typed_result(result_type, text)
