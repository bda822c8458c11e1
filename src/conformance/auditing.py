from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import Trial
from backstage.domain.audit_entry import AUDIT_KEPT_FOR, AuditEntry, AuditOutcome, AuditQuery, new_audit_id


class Auditing(BackendSuite):
    """The log of who did what."""

    async def test_nothing_was_done_at_first(self, trial: Trial) -> None:
        page = await trial.audit_log.find(AuditQuery())
        assert (list(page.entries), page.next_after) == ([], None)

    async def test_entries_are_kept_whole_and_come_newest_first(self, trial: Trial) -> None:
        old = await _done(
            trial, who="ada é\u202e", target="mail\n", tasks=3, details={"reset": True, "of": ["a", None]}
        )
        trial.clock.advance(0.000001)
        new = await _done(trial)
        page = await trial.audit_log.find(AuditQuery())
        assert (list(page.entries), page.next_after) == ([new, old], None)

    async def test_an_entry_that_is_added_again_is_there_once(self, trial: Trial) -> None:
        entry = await _done(trial)
        await trial.audit_log.add(entry)
        assert list((await trial.audit_log.find(AuditQuery())).entries) == [entry]

    async def test_what_became_of_an_action_takes_the_place_of_its_beginning(self, trial: Trial) -> None:
        begun = await _done(trial, outcome=AuditOutcome.BEGUN, details={"a": 1})
        assert list((await trial.audit_log.find(AuditQuery())).entries) == [begun]
        for ended in (replace(begun, outcome=AuditOutcome.FAILED), replace(begun, outcome=AuditOutcome.DONE, tasks=3)):
            await trial.audit_log.add(ended)
            assert list((await trial.audit_log.find(AuditQuery())).entries) == [ended]

    async def test_pages_of_the_log_follow_each_other_without_a_gap(self, trial: Trial) -> None:
        done = [await _done(trial, tasks=number) for number in range(5)]
        first = await trial.audit_log.find(AuditQuery(limit=2))
        second = await trial.audit_log.find(AuditQuery(limit=2, after=first.next_after))
        third = await trial.audit_log.find(AuditQuery(limit=2, after=second.next_after))
        entries = [entry for page in (first, second, third) for entry in page.entries]
        assert (entries, third.next_after) == (sorted(done, key=lambda entry: entry.id, reverse=True), None)

    async def test_the_log_is_narrowed_by_who_action_and_target(self, trial: Trial) -> None:
        cancelled = await _done(trial, who="ada", action="cancel_task", target="1")
        await _done(trial, who="ada", action="retry_task", target="1")
        await _done(trial, who="bob", action="cancel_task", target="1")
        await _done(trial, who="ada", action="cancel_task", target="2")
        page = await trial.audit_log.find(AuditQuery(who="ada", action="cancel_task", target="1"))
        assert (list(page.entries), page.next_after) == ([cancelled], None)

    async def test_an_entry_is_forgotten_after_a_year(self, trial: Trial) -> None:
        now = trial.clock.now()
        await _done(trial, at=now - AUDIT_KEPT_FOR - timedelta(seconds=1))
        kept = await _done(trial, at=now - AUDIT_KEPT_FOR)
        new = await _done(trial, at=now)
        assert list((await trial.audit_log.find(AuditQuery())).entries) == [new, kept]


async def _done(trial: Trial, *, at: datetime | None = None, **fields: Any) -> AuditEntry:
    """Add an entry and return it."""
    at = at or trial.clock.now()
    usual = {"who": "ada", "action": "cancel_task", "target": "1", "tasks": 1}
    entry = AuditEntry(id=new_audit_id(at), at=at, **{**usual, **fields})
    await trial.audit_log.add(entry)
    return entry
