"""A form that stores a task."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.task import Task
from backstage.pages.problem_page import not_allowed, refused
from backstage.pages.said import Said
from backstage.pages.visit import Visit

_FIELDS = ("type", "payload", "queue", "priority", "delay")


async def new_task_page(visit: Visit) -> Response:
    if not visit.may("operator"):
        return not_allowed(visit, "operator")
    values = {name: visit.given(name) for name in _FIELDS}
    if visit.request.method == "GET" and visit.asked("copy") and not visit.may_read_payloads:
        return refused(visit, "You may not read payloads, so you cannot edit one: run a copy of the task as it is", 403)
    if visit.request.method == "GET" and visit.asked("copy"):
        return _shown(visit, _values_of(await visit.use_cases.get_task(visit.asked("copy"))), {})
    if visit.request.method == "GET":
        return _shown(visit, values, {})
    try:
        stored = await visit.use_cases.enqueue(values["type"].strip(), _payload(values["payload"]), **_options(values))
    except InvalidTaskDataError as error:
        return _shown(visit, values, {each.field.split(".")[0].split("[")[0]: each.message for each in error.fields})
    if isinstance(stored, Duplicate):
        return _shown(visit, values, {"type": f"the task {stored.holder_id} holds the same key"})
    undo = visit.href("/act/cancel", task=stored.id).removeprefix(visit.root)
    return visit.redirect(visit.href(f"/tasks/{stored.id}"), Said("Stored the task", undo=undo))


def _values_of(task: Task) -> dict[str, str]:
    """To be edited: the same type, payload, queue and priority, due now."""
    try:
        payload = json.dumps(json.loads(task.payload_json), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        payload = task.payload_json
    priority = str(task.priority) if task.priority else ""
    return {"type": task.type, "payload": payload, "queue": task.queue, "priority": priority, "delay": ""}


def _shown(visit: Visit, values: dict[str, str], problems: dict[str, str]) -> Response:
    return visit.render(
        "new_task.html",
        status=422 if problems else 200,
        cur="Tasks",
        title="New task",
        values=values,
        problems=problems,
        types=sorted(
            {*visit.shell.stats.by_type, *(name for w in visit.shell.workers for name in w.plain_types if name != "*")}
        ),
        queues=sorted(visit.shell.stats.by_queue),
    )


def _payload(text: str) -> Any:
    try:
        return json.loads(text) if text.strip() else None
    except (ValueError, RecursionError) as error:
        raise InvalidTaskDataError.of("payload", f"is not JSON: {error}") from error


def _options(values: dict[str, str]) -> dict[str, Any]:
    options: dict[str, Any] = {"queue": values["queue"].strip()} if values["queue"].strip() else {}
    try:
        if values["priority"].strip():
            options["priority"] = int(values["priority"])
    except ValueError:
        raise InvalidTaskDataError.of("priority", "is not a whole number") from None
    try:
        if values["delay"].strip():
            options["delay"] = float(values["delay"])
    except ValueError:
        raise InvalidTaskDataError.of("delay", "is not a number of seconds") from None
    return options
