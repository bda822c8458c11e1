from __future__ import annotations

from backstage.domain.errors import FailureGroupNotFoundError
from backstage.domain.failure_group import MAX_NOTE
from backstage.domain.limits import check_text
from backstage.domain.ports.run_history import RunHistory


class NoteFailureGroup:
    """Keep a note with a group of failures, in place of the one before; "" removes it.

    Raises FailureGroupNotFoundError and InvalidTaskDataError.
    """

    def __init__(self, history: RunHistory) -> None:
        self._history = history

    async def __call__(self, fingerprint: str, note: str) -> None:
        checked = check_text("note", note, MAX_NOTE) if note else ""
        if not await self._history.mark_failure_group(fingerprint, note=checked):
            raise FailureGroupNotFoundError(fingerprint)
