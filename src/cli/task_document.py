"""A task and its attempts as JSON documents."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from msgspec import Struct, structs

from backstage.cli.answer import iso
from backstage.domain.attempt import Attempt
from backstage.domain.payload import decode_payload
from backstage.domain.run_log import LogLine
from backstage.domain.task import Task

_AS_TEXT = frozenset({"payload_json", "result_json", "last_failure"})


def task_document(task: Task) -> dict[str, Any]:
    """The task's fields by their names; `payload` and `result` decoded, `error` is why it last failed.

    Moments are ISO 8601 in UTC, durations seconds.
    """
    document = {name: _plain(value) for name, value in structs.asdict(task).items() if name not in _AS_TEXT}
    return {
        **document,
        "attempt": task.attempt,
        "payload": decoded(task.payload_json),
        "result": None if task.result_json is None else decoded(task.result_json),
        "error": _plain(task.last_failure),
    }


def attempt_document(attempt: Attempt) -> dict[str, Any]:
    document = {name: _plain(value) for name, value in structs.asdict(attempt).items()}
    document["error"] = document.pop("failure")
    return document


def line_document(line: LogLine) -> dict[str, Any]:
    return {field.name: _plain(getattr(line, field.name)) for field in fields(line)}


def decoded(text: str) -> Any:
    """The JSON value; the text itself when somebody wrote there what is none."""
    try:
        return decode_payload(text)
    except ValueError:
        return text


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Struct):
        return {name: _plain(part) for name, part in structs.asdict(value).items()}
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value
