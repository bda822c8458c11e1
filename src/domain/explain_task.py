"""Why a task does not run yet, worked out from the facts of one moment."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from backstage.domain.explain_pauses import Authors, paused
from backstage.domain.explain_running import ended, running
from backstage.domain.explain_serving import serving
from backstage.domain.explanation import Explanation, Reason, ReasonKind
from backstage.domain.one_line import one_line
from backstage.domain.outcome import OutcomeKind
from backstage.domain.task import Task
from backstage.domain.task_facts import TaskFacts
from backstage.domain.task_state import FINAL_STATES, TaskState
from backstage.domain.time_texts import duration, moment

NOTHING = Reason(
    ReasonKind.NEXT,
    "Nothing stands in its way: a worker takes it at its next look, which is within seconds. If it does not, run "
    "backstage doctor.",
)


def explain_task(facts: TaskFacts, authors: Authors = MappingProxyType({})) -> Explanation:
    """Return every reason that holds, the one to look at first before the others."""
    task = facts.task
    if task.state in FINAL_STATES:
        reasons = [ended(facts, authors)]
    elif task.state is TaskState.RUNNING:
        reasons = list(running(facts, authors))
    else:
        stops = paused(task.queue, task.type, facts.pauses, authors)
        reasons = [*_not_due(facts), *stops, *serving(facts)] or [NOTHING]
    return Explanation(task.id, task.state, reasons[0].sentence, tuple(reasons))


def _not_due(facts: TaskFacts) -> Iterator[Reason]:
    task = facts.task
    if task.is_due(facts.now):
        return
    at = f"at {moment(task.scheduled_at)}, in {duration((task.scheduled_at - facts.now).total_seconds())}"
    why, sentence = _why_later(facts, at)
    details = {"why": why, "attempt": task.attempt, "max_attempts": task.max_attempts}
    yield Reason(ReasonKind.NOT_DUE, sentence, until=task.scheduled_at, details=details)


def _why_later(facts: TaskFacts, at: str) -> tuple[str, str]:
    last = facts.attempts[-1] if facts.attempts else None
    if last is not None and last.outcome is OutcomeKind.RETRIED:
        attempt = f"attempt {last.number}{_of_all(facts.task)}"
        error = "" if last.failure is None else f" with {one_line(str(last.failure))}"
        return "retry", f"It waits for its next attempt, which is due {at}: {attempt} failed{error}."
    if last is not None and last.outcome is OutcomeKind.SNOOZED:
        return "snoozed", f"Its handler has put it off: it is due {at}."
    return "scheduled", f"It is scheduled for later: it is due {at}."


def _of_all(task: Task) -> str:
    return "" if task.max_attempts is None else f" of {task.max_attempts}"
