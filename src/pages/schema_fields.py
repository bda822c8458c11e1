"""The fields of a form, made from the JSON schema of a payload that is an object."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_INPUTS = {"date": "date", "email": "email", "uri": "url", "time": "time"}
_KINDS = {"string": "text", "integer": "integer", "number": "number", "boolean": "boolean"}
_MOST_FIELDS = 60


@dataclass(frozen=True, slots=True)
class SchemaField:
    """`kind` is text, integer, number, boolean, choice or json; `default` is None where there is none."""

    name: str
    kind: str
    is_required: bool
    may_be_null: bool
    rules: Mapping[str, Any]
    """The schema of its value, without null."""
    default: str | None

    @property
    def id(self) -> str:
        return f"payload.{self.name}"

    @property
    def input(self) -> str:
        """The type of the HTML element."""
        return _INPUTS.get(str(self.rules.get("format")), "text") if self.kind == "text" else "text"

    @property
    def is_long(self) -> bool:
        return self.kind == "json" or (self.kind == "text" and int(self.rules.get("maxLength") or 0) > 300)

    @property
    def choices(self) -> list[str]:
        """What may be chosen, as it is written in JSON."""
        if self.kind == "boolean":
            return ["true", "false"]
        return [json.dumps(each, ensure_ascii=False) for each in self.rules.get("enum", [])]

    @property
    def what(self) -> str:
        """What belongs in it, in a few words."""
        what = {"integer": "A whole number", "number": "A number", "json": "JSON"}.get(self.kind, "")
        if self.kind == "text" and self.rules.get("format") == "date-time":
            what = "A moment, like 2026-11-30T14:00:00Z"
        low, high = self.rules.get("minimum"), self.rules.get("maximum")
        if self.kind in ("integer", "number") and None not in (low, high):
            what += f" from {low} to {high}"
        elif self.kind in ("integer", "number") and low is not None:
            what += f", at least {low}"
        elif self.kind in ("integer", "number") and high is not None:
            what += f", at most {high}"
        if self.kind == "json" and self.rules.get("type") in ("array", "object"):
            what = "A JSON list" if self.rules["type"] == "array" else "A JSON object"
        if not self.is_required:
            what += f"{', or' if what else 'May be'} left empty"
        return what + "." if what else ""


def fields_of(schema: str | None) -> list[SchemaField]:
    """In the order of the schema; none where it is not that of an object whose fields are all named."""
    try:
        document = json.loads(schema or "null")
        whole = _resolved(document, document)
        properties = whole.get("properties", {})
        if whole.get("type") != "object" or not 0 < len(properties) <= _MOST_FIELDS:
            return []
        required = frozenset(whole.get("required", ()))
        return [_field(name, rules, name in required, document) for name, rules in properties.items()]
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return []


def _field(name: str, given: Mapping[str, Any], is_required: bool, document: Mapping[str, Any]) -> SchemaField:
    rules = _resolved(given, document)
    kinds = [_resolved(each, document) for each in rules.get("anyOf", [])]
    others = [each for each in kinds if each.get("type") != "null"]
    may_be_null = len(others) < len(kinds) or rules.get("type") == "null"
    if len(others) == 1:
        rules = others[0] | {key: value for key, value in rules.items() if key != "anyOf"}
    return SchemaField(name, _kind(rules), is_required, may_be_null, rules, _default(given, _kind(rules)))


def _kind(rules: Mapping[str, Any]) -> str:
    if "const" in rules or "anyOf" in rules or "oneOf" in rules or "allOf" in rules:
        return "json"
    return "choice" if rules.get("enum") else _KINDS.get(str(rules.get("type")), "json")


def _default(given: Mapping[str, Any], kind: str) -> str | None:
    value = given.get("default")
    return None if value is None else text_of(value, kind)


def text_of(value: Any, kind: str) -> str:
    """A value as its field shows it."""
    if value is None:
        return ""
    if kind == "text" and isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, indent=2 if kind == "json" and isinstance(value, dict) else None)


def _resolved(rules: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """What a reference within the schema refers to, with what stands beside it."""
    reference = rules.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return dict(rules)
    found: Any = document
    for part in reference[2:].split("/"):
        found = found[part]
    return _resolved(found, document) | {key: value for key, value in rules.items() if key != "$ref"}
