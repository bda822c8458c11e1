"""What the audit log tells, as sentences: the name of a use case becomes words, and its target a link."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from backstage.domain.audit_entry import AuditEntry, AuditOutcome
from backstage.pages.figures import counted
from backstage.pages.moments import wait
from backstage.pages.short_id import short_id
from backstage.pages.visit import Visit

_SENTENCES = {
    "enqueue": "stored {task}",
    "enqueue_task": "stored {task}",
    "enqueue_tasks": "stored {tasks}",
    "enqueue_many": "stored {tasks}",
    "call": "stored {tasks} and waited for the result",
    "copy_task": "ran a copy of {task}",
    "cancel_task": "cancelled {task}",
    "retry_task": "retried {task}",
    "change_priority": "changed the priority of {task}",
    "move_to_queue": "moved {task} to another queue",
    "delete_task": "deleted {task}",
    "start_bulk": "began the bulk operation {name}, {tasks}",
    "run_bulk": "ran the bulk operation {bulk}",
    "stop_bulk": "stopped the bulk operation {name}",
    "mute_failure_group": "muted the failure {failure}",
    "unmute_failure_group": "unmuted the failure {failure}",
    "note_failure_group": "wrote a note to the failure {failure}",
    "prune_tasks": "deleted {tasks} that had ended",
    "cleanup_old_tasks": "deleted {tasks} that had ended",
    "replay_dead_letters": "retried {tasks} that had failed{in_queue}",
    "purge_dead_letters": "deleted {tasks} that had failed{in_queue}",
    "pause_queue": "paused the queue {queue}",
    "resume_queue": "resumed the queue {queue}",
    "pause_type": "paused tasks of type {type}",
    "resume_type": "resumed tasks of type {type}",
    "quiet_worker": "made the worker {worker} quiet",
    "resume_worker": "let the worker {worker} claim again",
    "stop_worker": "stopped the worker {worker}",
    "get_worker_stacks": "read the stacks of the worker {worker}",
    "send_broadcast": "sent the broadcast {name}",
    "subscribe": "put the durable listener {name}",
    "unsubscribe": "removed the durable listener {name}",
    "cancel_deliveries": "cancelled {tasks} of the durable listener {name}",
    "put_schedule": "put the schedule {schedule}",
    "schedule": "put the schedule {schedule}",
    "pause_schedule": "paused the schedule {schedule}",
    "resume_schedule": "resumed the schedule {schedule}",
    "delete_schedule": "deleted the schedule {schedule}",
    "run_schedule_now": "ran the schedule {schedule}",
    "transfer_tasks": "moved {tasks} to another store",
    "create_token": "made the token {token}",
    "revoke_token": "revoked the token {token}",
}
"""By use case. What is in braces is the target, or the number of tasks."""
_OTHER_ENDS = {
    AuditOutcome.BEGUN: " (it began; its end is not known)",
    AuditOutcome.FAILED: " (it was refused: nothing was changed)",
}
ACTIONS = tuple(sorted(_SENTENCES))
_PLACE = re.compile(r"\{(\w+)\}")
_PLACES = {
    "queue": "/queues?open={}",
    "type": "/types/{}",
    "schedule": "/schedules?open={}",
    "token": "/tokens#{}",
    "bulk": "/bulk/{}",
    "failure": "/failures?open={}",
    "worker": "/workers#{}",
}
_NAMES = {"task_type": "type", "task_name": "type", "may_read_payloads": "reads payloads", "expires_in": "good for"}
_SECONDS = frozenset({"expires_in", "delay", "max_age", "timeout", "soft_timeout"})
_MOST_DETAILS = 6


@dataclass(frozen=True, slots=True)
class Part:
    """`href` is None of plain words; `is_name` of what is named, not told."""

    text: str
    href: str | None = None
    is_name: bool = False


def sentence(visit: Visit, entry: AuditEntry, tasks: int) -> list[Part]:
    """What was done, to that many tasks, or was not. An action that is not known here is told by its name."""
    end = _OTHER_ENDS.get(entry.outcome)
    return [*_action(visit, entry, tasks), *([] if end is None else [Part(end)])]


def _action(visit: Visit, entry: AuditEntry, tasks: int) -> list[Part]:
    pattern = _SENTENCES.get(entry.action)
    if pattern is None:
        what = [Part(f"did {entry.action.replace('_', ' ')} ")]
        return what + ([Part(entry.target, None, is_name=True)] if entry.target else [])
    parts, end = [], 0
    for place in _PLACE.finditer(pattern):
        parts += [Part(pattern[end : place.start()]), *_filled(visit, place[1], entry, tasks)]
        end = place.end()
    return [part for part in (*parts, Part(pattern[end:])) if part.text]


def details_text(entry: AuditEntry) -> str:
    """The arguments that the sentence does not have, on one line."""
    in_sentence = {entry.target, entry.details.get("name") if entry.action == "create_token" else None}
    return _told({name: value for name, value in entry.details.items() if str(value) not in in_sentence})


def _filled(visit: Visit, place: str, entry: AuditEntry, tasks: int) -> list[Part]:
    target = entry.target
    match place:
        case "task" if target and tasks <= 1:
            return [Part("the task "), Part(short_id(target), visit.href(f"/tasks/{quote(target)}"), is_name=True)]
        case "task" | "tasks":
            return [Part(counted(tasks, "task") if tasks else "no task")]
        case "in_queue":
            return [Part(" in "), *_filled(visit, "queue", entry, tasks)] if target else []
        case "name":
            return [Part(target, None, is_name=True)]
    name = str(entry.details.get("name", target)) if place == "token" else target
    return [Part(name, visit.root + _PLACES[place].format(quote(target)), is_name=True)]


def _told(details: Mapping[str, Any]) -> str:
    told = [
        f"{_NAMES.get(name, name.replace('_', ' '))} {_plain(name, value)}"
        for name, value in details.items()
        if value not in (None, "", [], {}, False)
    ]
    return ", ".join(told[:_MOST_DETAILS]) + (", …" if len(told) > _MOST_DETAILS else "")


def _plain(name: str, value: Any) -> str:
    if value is True:
        return "yes"
    if name in _SECONDS and isinstance(value, int | float):
        return wait(value)
    if isinstance(value, Mapping):
        return f"({_told(value)})"
    if isinstance(value, list):
        return " ".join(_plain(name, each) for each in value)
    return str(value)
