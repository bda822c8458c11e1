"""Types that fail so often that somebody should look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from backstage.domain.failure_group import FailureGroup
from backstage.domain.history import HistoryPoint
from backstage.pages.attention import Attention
from backstage.pages.figures import counted
from backstage.pages.moments import age
from backstage.pages.run_numbers import Summed
from backstage.pages.visit import Visit

_LEAST_WELL = 5
_TIMES_WELL = 3
"""A type is mended when it went well for so many times as long as it went well between two failures before."""


def failing(visit: Visit, last_hour: Mapping[str, Summed], groups: Sequence[FailureGroup]) -> Iterator[Attention]:
    """Those first that fail most often. `last_hour` is by type; a muted failure needs no attention."""
    heard = [group for group in groups if not group.is_muted]
    for name, each in sorted(last_hour.items(), key=lambda item: -item[1].point.failed - item[1].point.retried):
        own = [group for group in heard if group.task_type == name]
        if not each.fails or not own:
            continue
        worst = max(own, key=lambda group: (group.tasks, group.fingerprint))
        failed = each.point.failed + each.point.retried
        lately_told = f"{failed:,} of {each.point.ended:,} attempts in the last hour"
        well = _well_since(each.points)
        is_mended = well >= max(_LEAST_WELL, _TIMES_WELL * each.point.ended // failed)
        sentence = f"failed: {lately_told}, none of the {well:,} since" if is_mended else f"fails: {lately_told}"
        message = f"{worst.error}: {worst.message}" if worst.message else worst.error
        why = f"{counted(worst.tasks, 'task')} with {message.splitlines()[0][:160]}"
        since = age((visit.now - worst.first_seen).total_seconds())
        see = visit.href("/failures", open=worst.fingerprint)
        yield Attention("completed" if is_mended else "failed", name, sentence, why, since, "See failure", see)


def _well_since(points: Sequence[HistoryPoint]) -> int:
    """How many attempts ended after the last minute with a failure."""
    ended = 0
    for point in reversed(points):
        if point.failed + point.retried:
            break
        ended += point.ended
    return ended
