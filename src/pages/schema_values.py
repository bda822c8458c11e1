"""From what was typed into the fields of a schema to a payload, with what is wrong at each field."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from backstage.pages.schema_fields import SchemaField, text_of


def payload_of(fields: list[SchemaField], given: Callable[[str], str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The payload, and problems by the id of their field. An empty field that may be left out is left out."""
    payload: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for field in fields:
        text = given(field.id)
        if not text.strip():
            if field.is_required and field.may_be_null:
                payload[field.name] = None
            elif field.is_required and not _may_be_empty(field):
                problems[field.id] = "is needed"
            elif field.is_required:
                payload[field.name] = ""
            continue
        try:
            payload[field.name] = _value_of(field, text)
        except (ValueError, TypeError) as error:
            problems[field.id] = str(error)
    return payload, problems


def texts_of(fields: list[SchemaField], payload: Any) -> dict[str, str] | None:
    """What the fields show of a payload that exists; None of one that has something for which there is no field."""
    if not isinstance(payload, Mapping) or payload.keys() - {field.name for field in fields}:
        return None
    return {field.id: text_of(payload[field.name], field.kind) for field in fields if field.name in payload}


def _may_be_empty(field: SchemaField) -> bool:
    return field.kind == "text" and field.input == "text" and not field.rules.get("minLength")


def _value_of(field: SchemaField, text: str) -> Any:
    if field.kind == "text":
        return _checked_text(field, text)
    if field.kind in ("boolean", "choice"):
        if text.strip() not in field.choices:
            raise ValueError(f"is none of {', '.join(field.choices)}")
        return json.loads(text)
    if field.kind == "json":
        return _read(text)
    return _checked_number(field, text.strip())


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is not JSON: {error}") from None


def _checked_text(field: SchemaField, text: str) -> str:
    rules = field.rules
    if len(text) < int(rules.get("minLength", 0)):
        raise ValueError(f"is shorter than {rules['minLength']} characters")
    if "maxLength" in rules and len(text) > int(rules["maxLength"]):
        raise ValueError(f"is longer than {rules['maxLength']} characters")
    return text


def _checked_number(field: SchemaField, text: str) -> int | float:
    if field.kind == "integer":
        if not re.fullmatch(r"[+-]?\d{1,300}", text, re.ASCII):
            raise ValueError("is not a whole number")
        value: int | float = int(text)
    else:
        try:
            value = json.loads(text)
        except ValueError:
            raise ValueError("is not a number") from None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError("is not a number")
    _check_bounds(field.rules, value)
    return value


def _check_bounds(rules: Mapping[str, Any], value: float) -> None:
    if "minimum" in rules and value < rules["minimum"]:
        raise ValueError(f"is less than {rules['minimum']}")
    if "maximum" in rules and value > rules["maximum"]:
        raise ValueError(f"is more than {rules['maximum']}")
    if "exclusiveMinimum" in rules and value <= rules["exclusiveMinimum"]:
        raise ValueError(f"is not more than {rules['exclusiveMinimum']}")
    if "exclusiveMaximum" in rules and value >= rules["exclusiveMaximum"]:
        raise ValueError(f"is not less than {rules['exclusiveMaximum']}")
