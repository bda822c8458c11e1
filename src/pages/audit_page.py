"""Who did what, to how many tasks, and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from backstage.domain.audit_entry import AuditEntry, AuditQuery
from backstage.pages.audit_words import ACTIONS, Part, details_text, sentence
from backstage.pages.problem_page import not_allowed
from backstage.pages.visit import Visit

PAGE = 50
_APART = timedelta(seconds=10)
_TOGETHER = frozenset(
    {
        "enqueue",
        "enqueue_task",
        "cancel_task",
        "retry_task",
        "copy_task",
        "change_priority",
        "move_to_queue",
        "delete_task",
    }
)
"""What is often done to many tasks in one go, and writes an entry for each."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """What somebody did in one go: one entry, or several of the same kind that follow each other at once."""

    entries: Sequence[AuditEntry]
    parts: Sequence[Part]
    details: str

    @property
    def newest(self) -> AuditEntry:
        return self.entries[0]

    @property
    def targets(self) -> list[str]:
        return [entry.target for entry in self.entries if entry.target] if len(self.entries) > 1 else []


async def audit_page(visit: Visit) -> Response:
    if not visit.may("admin"):
        return not_allowed(visit, "admin")
    asked = {name: visit.asked(name).strip() or None for name in ("who", "action", "target", "after")}
    page = await visit.use_cases.list_audit(AuditQuery(limit=PAGE, **asked))
    return visit.render(
        "audit.html",
        cur="Audit",
        title="Audit",
        rows=[_row(visit, entries) for entries in _together(page.entries)],
        next_after=page.next_after,
        asked=asked,
        is_narrowed=any(asked[name] for name in ("who", "action", "target")),
        actions=sorted({*ACTIONS, *([asked["action"]] if asked["action"] else ())}),
    )


def _together(entries: Sequence[AuditEntry]) -> Iterator[list[AuditEntry]]:
    """What was done in one go. The entries come newest first."""
    row: list[AuditEntry] = []
    for entry in entries:
        if row and not _belong(row[-1], entry):
            yield row
            row = []
        row.append(entry)
    if row:
        yield row


def _belong(later: AuditEntry, entry: AuditEntry) -> bool:
    is_same = (later.who, later.action, later.outcome) == (entry.who, entry.action, entry.outcome)
    return is_same and entry.action in _TOGETHER and later.at - entry.at <= _APART


def _row(visit: Visit, entries: Sequence[AuditEntry]) -> AuditRow:
    newest = entries[0]
    tasks = sum(entry.tasks for entry in entries)
    return AuditRow(entries, sentence(visit, newest, tasks), details_text(newest))
