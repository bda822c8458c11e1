"""Who did what, as sentences."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from starlette.responses import Response

from backstage.domain.audit_entry import AuditEntry, AuditQuery
from backstage.pages.figures import counted
from backstage.pages.problem_page import refused
from backstage.pages.short_id import short_id
from backstage.pages.visit import Visit

_TASK = "task"
_DONE = {
    "enqueue": ("stored a task", _TASK, "plus"),
    "enqueue_task": ("stored a task", _TASK, "plus"),
    "cancel_task": ("cancelled", _TASK, "cancelled"),
    "retry_task": ("retried", _TASK, "retrying"),
    "copy_task": ("ran a copy of", _TASK, "copy"),
    "pause_queue": ("paused the queue", "queue", "paused"),
    "resume_queue": ("resumed the queue", "queue", "play"),
    "pause_type": ("paused the type", "type", "paused"),
    "resume_type": ("resumed the type", "type", "play"),
    "pause_schedule": ("paused the schedule", "schedule", "paused"),
    "resume_schedule": ("resumed the schedule", "schedule", "play"),
    "run_schedule_now": ("ran the schedule", "schedule", "calendar"),
    "put_schedule": ("stored the schedule", "schedule", "calendar"),
    "schedule": ("stored the schedule", "schedule", "calendar"),
    "delete_schedule": ("deleted the schedule", "schedule", "x"),
    "create_token": ("made the token", "token", "key"),
    "revoke_token": ("revoked the token", "token", "key"),
}
"""By use case: the words, what the target is, and an icon."""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """`tasks` is empty where the words say the number already."""

    entry: AuditEntry
    words: str
    icon: str
    target: str
    href: str | None
    tasks: str
    details: str

    @classmethod
    def of(cls, visit: Visit, entry: AuditEntry) -> AuditLine:
        verb = entry.action.replace("_", " ")
        words, kind, icon = _DONE.get(entry.action, (f"did “{verb}”", "", "audit"))
        target = short_id(entry.target) if kind == _TASK else entry.target
        has_number = entry.tasks > 1 or (entry.tasks == 1 and not entry.target)
        return cls(
            entry,
            words,
            icon,
            target,
            _href(visit, kind, entry.target),
            _tasks(entry) if has_number else "",
            _details(entry),
        )


async def audit_page(visit: Visit) -> Response:
    if not visit.may("admin"):
        return refused(visit, "Your role does not allow this: it takes the role admin", 403)
    who, action = visit.asked("who") or None, visit.asked("action") or None
    page = await visit.use_cases.list_audit(AuditQuery(who=who, action=action, after=visit.asked("after") or None))
    lines = [AuditLine.of(visit, entry) for entry in page.entries]
    days = [(day, list(group)) for day, group in groupby(lines, key=lambda line: line.entry.at.date())]
    return visit.render(
        "audit.html", cur="Audit", title="Audit", days=days, who=who, action=action, next_after=page.next_after
    )


def _details(entry: AuditEntry) -> str:
    """The arguments, without those that are the target, and without ids of their own."""
    told = {
        name: ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in entry.details.items()
        if str(value) != entry.target
    }
    return ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in told.items())


def _tasks(entry: AuditEntry) -> str:
    return counted(entry.tasks, "task")


def _href(visit: Visit, kind: str, target: str) -> str | None:
    if not target:
        return None
    match kind:
        case "task":
            return visit.href(f"/tasks/{target}")
        case "queue" | "type":
            return visit.href("/tasks", q=f"{kind}:{target}")
        case "schedule":
            return visit.href("/schedules", open=target)
        case "token":
            return visit.href("/tokens")
    return None
