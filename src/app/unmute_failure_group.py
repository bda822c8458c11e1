from __future__ import annotations

from backstage.domain.errors import FailureGroupNotFoundError
from backstage.domain.ports.run_history import RunHistory


class UnmuteFailureGroup:
    """Mark a group of failures as one that needs attention again. Raises FailureGroupNotFoundError."""

    def __init__(self, history: RunHistory) -> None:
        self._history = history

    async def __call__(self, fingerprint: str) -> None:
        if not await self._history.mark_failure_group(fingerprint, is_muted=False):
            raise FailureGroupNotFoundError(fingerprint)
