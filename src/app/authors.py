"""Who did what an explanation tells of, as far as the audit log knows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from backstage.domain.audit_entry import AuditQuery
from backstage.domain.explain_pauses import TASK, Authors, Subject
from backstage.domain.ports.audit_log import AuditLog
from backstage.domain.ports.queue_control import QUEUE, TYPE, Pause
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState

_ACTIONS = {QUEUE: "pause_queue", TYPE: "pause_type", TASK: "cancel_task"}
_MOST = 5
"""Pauses whose authors are looked for: each takes a look into the audit log."""
_SPREAD = timedelta(seconds=10)
"""How far an entry may lie before what it tells of: clocks of processes differ."""


async def authors_of(audit_log: AuditLog, pauses: Iterable[Pause], task: Task | None = None) -> Authors:
    """Those of the pauses that do not say it themselves, and of the cancellation of the task if it was cancelled or is
    to be."""
    silent = [pause for pause in pauses if pause.by is None][:_MOST]
    subjects: dict[Subject, datetime | None] = {(pause.kind, pause.name): pause.since for pause in silent}
    if task is not None and (task.state is TaskState.CANCELLED or task.is_cancel_requested):
        subjects[TASK, task.id] = None
    authors = {}
    for (kind, name), since in subjects.items():
        page = await audit_log.find(AuditQuery(action=_ACTIONS[kind], target=name, limit=1))
        if page.entries and (since is None or page.entries[0].at >= since - _SPREAD):
            authors[kind, name] = page.entries[0].who
    return authors
