"""What is to be said of a task that has ended, or that runs."""

from __future__ import annotations

from collections.abc import Iterator

from backstage.domain.explain_pauses import TASK, Authors
from backstage.domain.explanation import Reason, ReasonKind
from backstage.domain.one_line import one_line
from backstage.domain.task_facts import TaskFacts
from backstage.domain.task_state import TaskState
from backstage.domain.time_texts import duration, moment


def ended(facts: TaskFacts, authors: Authors) -> Reason:
    task, who = facts.task, authors.get((TASK, facts.task.id))
    at = "" if task.finished_at is None else f" at {moment(task.finished_at)}"
    if task.state is TaskState.COMPLETED:
        sentence = f"It completed{at}."
    elif task.state is TaskState.CANCELLED:
        by = "" if who is None else f" by {who}"
        sentence = f"It was cancelled{at}{by}. To run it after all: backstage retry {task.id}."
    else:
        error = "" if task.last_failure is None else f": {one_line(str(task.last_failure))}"
        sentence = f"It failed for good{at}, after attempt {task.attempt}{error}. To run it again: backstage retry "
        sentence += f"{task.id}."
    error_type = None if task.last_failure is None else task.last_failure.type
    details = {"state": task.state.value, "attempt": task.attempt, "error": error_type, "by": who}
    return Reason(ReasonKind.ENDED, sentence, task.finished_at, details=details)


def running(facts: TaskFacts, authors: Authors) -> Iterator[Reason]:
    task, lease = facts.task, facts.task.lease
    if lease is None or task.started_at is None:  # what somebody else wrote
        yield Reason(ReasonKind.RUNNING, "It is marked as running, but no worker holds it.")
        return
    progress = "" if task.progress is None else f", progress {task.progress:.0%}"
    sentence = f"Worker {lease.worker_id} runs it since {moment(task.started_at)}{progress}{_silence(facts)}."
    details = {"worker": lease.worker_id, "progress": task.progress, "is_heard_of": not _silence(facts)}
    yield Reason(ReasonKind.RUNNING, sentence, task.started_at, lease.until, details)
    if task.is_cancel_requested:
        who = authors.get((TASK, task.id))
        sentence = f"{who or 'Somebody'} asked to cancel it, and its handler has not stopped yet: {lease.worker_id} "
        details = {"worker": lease.worker_id, "by": who}
        yield Reason(ReasonKind.CANCEL_REQUESTED, f"{sentence}interrupts it.", details=details)


def _silence(facts: TaskFacts) -> str:
    """What to know of a worker that does not beat as it should; empty while it does."""
    lease = facts.task.lease
    assert lease is not None
    worker = next((each for each in facts.workers if each.id == lease.worker_id), None)
    if worker is not None and not worker.is_lost:
        return ""
    unheard = (
        "has not been heard of lately" if worker is None else f"has not been heard of for {duration(worker.silent_for)}"
    )
    left = (lease.until - facts.now).total_seconds()
    when = "has ended" if left <= 0 else f"ends in {duration(left)}"
    return f"; it {unheard}, and its lease {when}: another worker then takes the task back"
