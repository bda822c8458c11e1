"""A form that stores a task, with a field for each value of the payload where a worker told what payloads are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.task import Task
from backstage.domain.type_definition import TypeDefinition
from backstage.pages.problem_page import not_allowed, refused
from backstage.pages.said import Said
from backstage.pages.schema_fields import SchemaField, fields_of
from backstage.pages.schema_values import payload_of, texts_of
from backstage.pages.visit import Visit

_FIELDS = ("type", "payload", "queue", "priority", "delay", "version")
_MOST_FORMS = 8
_WHOLE_NUMBERS = {"priority": "priority", "version": "payload_version"}


async def new_task_page(visit: Visit) -> Response:
    if not visit.may("operator"):
        return not_allowed(visit, "operator")
    known = {each.type: each for each in await visit.use_cases.list_type_definitions()}
    if visit.request.method == "GET" and visit.asked("copy"):
        return await _copying(visit, known)
    values = {name: visit.given(name) for name in _FIELDS}
    fields = _fields(visit, known.get(values["type"].strip()), values["version"])
    if visit.request.method == "GET":
        return _shown(visit, known, values, fields, {})
    values |= {field.id: visit.given(field.id).replace("\r\n", "\n") for field in fields}
    payload, problems = _payload(values, fields)
    if problems:
        return _shown(visit, known, values, fields, problems)
    try:
        stored = await visit.use_cases.enqueue(values["type"].strip(), payload, **_options(values))
    except InvalidTaskDataError as error:
        told = {_place_of(each.field, fields): each.message for each in error.fields}
        return _shown(visit, known, values, fields, told)
    if isinstance(stored, Duplicate):
        return _shown(visit, known, values, fields, {"type": f"the task {stored.holder_id} holds the same key"})
    undo = visit.href("/act/cancel", task=stored.id).removeprefix(visit.root)
    return visit.redirect(visit.href(f"/tasks/{stored.id}"), Said("Stored the task", undo=undo))


async def _copying(visit: Visit, known: Mapping[str, TypeDefinition]) -> Response:
    if not visit.may_read_payloads:
        return refused(visit, "You may not read payloads, so you cannot edit one: run a copy of the task as it is", 403)
    task = await visit.use_cases.get_task(visit.asked("copy"))
    values = _values_of(task)
    fields = _fields(visit, known.get(task.type), values["version"])
    texts = texts_of(fields, _read(task.payload_json))
    return _shown(visit, known, values | (texts or {}), fields if texts is not None else [], {})


def _fields(visit: Visit, definition: TypeDefinition | None, version: str) -> list[SchemaField]:
    """None where the payload is to be written as JSON: nobody told its schema, or of another version, or it was asked
    for."""
    if definition is None or visit.given("as") == "json" or version.strip() not in ("", str(definition.version)):
        return []
    return fields_of(definition.schema)


def _values_of(task: Task) -> dict[str, str]:
    """To be edited: the same type, payload, queue and priority, due now."""
    payload = _read(task.payload_json)
    text = task.payload_json if payload is None else json.dumps(payload, indent=2, ensure_ascii=False)
    priority = str(task.priority) if task.priority else ""
    return {
        "type": task.type,
        "payload": text,
        "queue": task.queue,
        "priority": priority,
        "delay": "",
        "version": str(task.payload_version),
    }


def _read(payload_json: str) -> Any:
    """None of a text that cannot be read here."""
    try:
        return json.loads(payload_json)
    except (ValueError, RecursionError):
        return None


def _shown(
    visit: Visit,
    known: Mapping[str, TypeDefinition],
    values: dict[str, str],
    fields: list[SchemaField],
    problems: dict[str, str],
) -> Response:
    definition = known.get(values["type"].strip())
    return visit.render(
        "new_task.html",
        status=422 if problems else 200,
        cur="Tasks",
        title="New task",
        values=values,
        fields=fields,
        definition=definition,
        has_fields=definition is not None and bool(fields_of(definition.schema)),
        version=values["version"] or (definition.version if definition else 1),
        problems=problems,
        with_forms=[name for name, each in known.items() if fields_of(each.schema)][:_MOST_FORMS],
        types=sorted(
            {
                *visit.shell.stats.by_type,
                *known,
                *(name for w in visit.shell.workers for name in w.plain_types if name != "*"),
            }
        ),
        queues=sorted(visit.shell.stats.by_queue),
    )


def _payload(values: Mapping[str, str], fields: list[SchemaField]) -> tuple[Any, dict[str, str]]:
    if fields:
        return payload_of(fields, lambda name: values.get(name, ""))
    text = values["payload"]
    try:
        return (json.loads(text) if text.strip() else None), {}
    except (ValueError, RecursionError) as error:
        return None, {"payload": f"is not JSON: {error}"}


def _place_of(field: str, fields: list[SchemaField]) -> str:
    """The field of the form at which a problem is told."""
    whole = next((each.id for each in fields if field.startswith(each.id)), re.split(r"[.\[]", field, maxsplit=1)[0])
    return "version" if whole == "payload_version" else whole


def _options(values: Mapping[str, str]) -> dict[str, Any]:
    options: dict[str, Any] = {"queue": values["queue"].strip()} if values["queue"].strip() else {}
    for name, option in _WHOLE_NUMBERS.items():
        try:
            if values[name].strip():
                options[option] = int(values[name])
        except ValueError:
            raise InvalidTaskDataError.of(name, "is not a whole number") from None
    try:
        if values["delay"].strip():
            options["delay"] = float(values["delay"])
    except ValueError:
        raise InvalidTaskDataError.of("delay", "is not a number of seconds") from None
    return options
