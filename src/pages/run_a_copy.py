"""How to enqueue the same again: from a shell, from Python, over HTTP."""

from __future__ import annotations

import json
import shlex
from pprint import pformat

from backstage.domain.task import Task

LONGEST = 4000


def copies_of(task: Task, api: str) -> dict[str, str]:
    """The text for each way; `api` is the address of the API. Long payloads are left out."""
    payload = task.payload_json if len(task.payload_json) <= LONGEST else '"…"'
    return {"CLI": _shell(task, payload), "Python": _python(task, payload), "curl": _curl(task, payload, api)}


def _shell(task: Task, payload: str) -> str:
    lines = [f"backstage enqueue {shlex.quote(task.type)}"]
    options = "" if task.queue == "default" else f"--queue {shlex.quote(task.queue)}"
    options += f" --priority {task.priority}" if task.priority else ""
    options += f" --payload-version {task.payload_version}" if task.payload_version != 1 else ""
    return " \\\n  ".join([*lines, *([options.strip()] if options.strip() else []), shlex.quote(payload)])


def _python(task: Task, payload: str) -> str:
    lines = [json.dumps(task.type), _literal(payload)]
    lines += [] if task.queue == "default" else [f"queue={json.dumps(task.queue)}"]
    lines += [f"priority={task.priority}"] if task.priority else []
    lines += [f"payload_version={task.payload_version}"] if task.payload_version != 1 else []
    return "await backstage.enqueue(\n" + "".join(f"    {line},\n" for line in lines) + ")"


def _curl(task: Task, payload: str, api: str) -> str:
    version = f'"payload_version": {task.payload_version}, ' if task.payload_version != 1 else ""
    body = f'{{"type": {json.dumps(task.type)}, "queue": {json.dumps(task.queue)}, {version}"payload": {payload}}}'
    return (
        f"curl {shlex.quote(api + '/tasks')} \\\n  -H 'Authorization: Bearer TOKEN' \\\n"
        f"  -H 'Content-Type: application/json' \\\n  -d {shlex.quote(body)}"
    )


def _literal(payload: str) -> str:
    try:
        return pformat(json.loads(payload), width=60, sort_dicts=False).replace("\n", "\n    ")
    except (ValueError, RecursionError):
        return "..."
