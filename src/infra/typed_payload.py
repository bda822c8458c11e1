"""Payloads of any type that pydantic can read, written so that it reads an equal value."""

from __future__ import annotations

import dataclasses
from functools import lru_cache, partial
from typing import Any

from backstage.domain.payload import encode_payload
from backstage.domain.typed_payload import TypedPayload
from backstage.domain.typed_values import Schema, own_schema, readable


@lru_cache(maxsize=1024)  # programs have few such types, each for many tasks
def _schema(kind: type) -> Schema | None:
    """Of a standard dataclass the one that its handler will read it by; None if pydantic makes none of it."""
    own = own_schema(kind)
    if own is not None or not dataclasses.is_dataclass(kind):
        return own
    from pydantic import TypeAdapter  # noqa: PLC0415 - few payloads are standard dataclasses

    try:
        adapter = TypeAdapter(kind)
    except Exception:  # its annotations may be anything
        return None
    return Schema(adapter.validator, adapter.serializer)


_readable = partial(readable, schema_of=_schema)


def encode_typed_payload(value: Any) -> str:
    """What `encode_payload` does; standard dataclasses are tried as models are, and a TypedPayload by the type that
    its handler reads. Raises InvalidTaskDataError."""
    if isinstance(value, TypedPayload):
        return _fitting(value)
    return encode_payload(value, form=_readable)


def _fitting(typed: TypedPayload) -> str:
    text = encode_typed_payload(typed.value)
    kind: type = type(typed.value)
    if _schema(kind) is not None and kind is typed.task_type.payload_type:
        return text  # it was read back by this very type
    from backstage.infra.typed_reader import read_typed  # noqa: PLC0415 - loads pydantic

    read_typed(typed.task_type.payload_type, text, "payload")
    return text
