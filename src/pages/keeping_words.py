"""How long finished tasks are kept, in words."""

from __future__ import annotations

from collections.abc import Sequence

from backstage.domain.retention import Retention
from backstage.domain.task_state import FINAL_STATES, TaskState
from backstage.pages.figures import counted
from backstage.pages.moments import wait


def kept(retentions: Sequence[Retention]) -> list[tuple[TaskState, list[str]]]:
    """For each final state a sentence for all queues, and one for each queue that says otherwise."""
    rules = []
    for state in TaskState:
        if state not in FINAL_STATES:
            continue
        of_state = [each for each in retentions if each.state is state]
        rest = [_sentence(each) for each in of_state if each.queue is None] or ["for ever"]
        rules.append((state, rest + [f"in {each.queue} {_sentence(each)}" for each in of_state if each.queue]))
    return rules


def _sentence(retention: Retention) -> str:
    age = None if retention.max_age is None else f"for {wait(retention.max_age)}"
    number = None if retention.keep_last is None else f"the newest {counted(retention.keep_last, 'task')}"
    return ", ".join(
        part for part in (age, number and f"{number}{'' if retention.queue else ' of each queue'} at most") if part
    )
