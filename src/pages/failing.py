"""Types that fail so often that somebody should look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backstage.domain.failure_group import FailureGroup
from backstage.domain.history import History
from backstage.pages.attention import Attention
from backstage.pages.figures import counted
from backstage.pages.moments import age
from backstage.pages.run_numbers import summed
from backstage.pages.visit import Visit


def failing(visit: Visit, lately: History, groups: Sequence[FailureGroup]) -> Iterator[Attention]:
    """Those first that fail most often. `lately` is the last hour by type; a muted failure needs no attention."""
    numbers = {name: summed(points) for name, points in lately.series.items()}
    heard = [group for group in groups if not group.is_muted]
    for name, each in sorted(numbers.items(), key=lambda item: -item[1].point.failed - item[1].point.retried):
        own = [group for group in heard if group.task_type == name]
        if not each.fails or not own:
            continue
        worst = max(own, key=lambda group: (group.tasks, group.fingerprint))
        failed = each.point.failed + each.point.retried
        sentence = f"fails: {failed:,} of {each.point.ended:,} attempts in the last hour"
        message = f"{worst.error}: {worst.message}" if worst.message else worst.error
        why = f"{counted(worst.tasks, 'task')} with {message.splitlines()[0][:160]}"
        since = age((visit.now - worst.first_seen).total_seconds())
        see = visit.href("/failures", open=worst.fingerprint)
        yield Attention("failed", name, sentence, why, since, "See failure", see)
