from __future__ import annotations

from datetime import datetime, timedelta

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.failure_group import FailureGroup
from backstage.domain.limits import check_moment, check_name, shown
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.run_history import RunHistory

_LAST = timedelta(hours=24)
_MOST = 200


class ListFailureGroups:
    """Return the failures since then (the last day, unless given), grouped by what they have in common, those of the
    latest failure first. `after` is the `cursor` of the last group of the page before. Raises InvalidTaskDataError."""

    def __init__(self, history: RunHistory, clock: Clock) -> None:
        self._history, self._clock = history, clock

    async def __call__(
        self,
        since: datetime | None = None,
        limit: int = 50,
        after: str | None = None,
        type: str | None = None,
    ) -> tuple[FailureGroup, ...]:
        if not isinstance(limit, int) or not 1 <= limit <= _MOST:
            raise InvalidTaskDataError.of("limit", f"{shown(limit)} is not a whole number from 1 to {_MOST}")
        if type is not None:
            check_name("type", type)
        since = self._clock.now() - _LAST if since is None else check_moment("since", since)
        before = None if after is None else _place_of(after)
        return tuple(await self._history.failure_groups(since, limit, before, type))


def _place_of(cursor: str) -> tuple[datetime, str]:
    moment, _, fingerprint = cursor.partition(" ")
    try:
        return check_moment("after", datetime.fromisoformat(moment)), fingerprint
    except ValueError:
        raise InvalidTaskDataError.of("after", f"{shown(cursor)} is not the cursor of a group") from None
