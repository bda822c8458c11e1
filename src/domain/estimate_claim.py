"""When a task that waits behind others will probably be claimed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from backstage.domain.explanation import Estimate, Explanation, ReasonKind
from backstage.domain.lane_type import plain_type
from backstage.domain.rate import Rate
from backstage.domain.task_facts import TaskFacts

_AT_BEST, _AT_WORST = 0.5, 2.0
"""How much faster, and how much slower, the next minutes may be than the last ones."""


def needs_rates(explanation: Explanation) -> bool:
    """Whether nothing but its turn and room is in the task's way."""
    return explanation.reasons[0].kind in {ReasonKind.BEHIND_OTHERS, ReasonKind.SLOTS_BUSY}


def estimate_claim(explanation: Explanation, facts: TaskFacts, rates: Iterable[Rate]) -> Explanation:
    """The explanation with an estimate: the tasks before it, and itself, at the pace at which tasks of these lanes were
    claimed. Without one where none was."""
    first = explanation.reasons[0]
    names = {(queue, type_) for queue, _, type_ in (name.partition("/") for name in first.details.get("lanes", ()))}
    names.add((facts.task.queue, facts.task.type))
    lanes = {(queue, plain_type(type_)) for queue, type_ in names}
    per_minute = sum(rate.started_per_minute for rate in rates if (rate.queue, rate.type) in lanes)
    if per_minute <= 0:
        return explanation
    wait = (first.details.get("tasks", 0) + 1) / per_minute * 60
    earliest, latest = (facts.now + timedelta(seconds=wait * factor) for factor in (_AT_BEST, _AT_WORST))
    return replace(explanation, estimate=Estimate(earliest, latest))
