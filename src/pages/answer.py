"""The first sentence of a task's page: why it is as it is, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from backstage.domain.attempt import Attempt
from backstage.domain.explanation import Explanation, Reason, ReasonKind
from backstage.domain.outcome import OutcomeKind
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.pages.moments import duration, relative, wait
from backstage.pages.visit import Visit

ICONS = {
    ReasonKind.CANCEL_REQUESTED: "cancelled",
    ReasonKind.NOT_DUE: "scheduled",
    ReasonKind.PAUSED: "paused",
    ReasonKind.NO_WORKER: "worker",
    ReasonKind.UNKNOWN_TYPE: "warn",
    ReasonKind.UNSERVED_QUEUE: "warn",
    ReasonKind.BEHIND_OTHERS: "queue",
    ReasonKind.SLOTS_BUSY: "worker",
    ReasonKind.NEXT: "running",
    ReasonKind.EMPTY: "completed",
}
_ORDINALS = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


@dataclass(frozen=True, slots=True)
class Answer:
    """`obstacles` are pairs of an icon and a sentence, in the order in which they will be met."""

    state: str
    sentence: str
    cause: str = ""
    obstacles: Sequence[tuple[str, str]] = ()
    resume: tuple[str, str] | None = None
    """What is paused, where that is what holds the task: "queue" or "type", and the name."""


def answer_of(
    visit: Visit, task: Task, attempts: Sequence[Attempt], explanation: Explanation | None, state: str
) -> Answer:
    match task.state:
        case TaskState.RUNNING:
            return _running(visit, task)
        case TaskState.COMPLETED:
            return _completed(task, attempts)
        case TaskState.FAILED:
            return _failed(visit, task)
        case TaskState.CANCELLED:
            ran = "after it had begun" if task.attempt else "before it began"
            return Answer(state, f"Cancelled {ran}", "Retry puts it back into its queue.")
        case TaskState.PENDING:
            assert explanation is not None
            return _pending(visit, task, explanation, state)


def _running(visit: Visit, task: Task) -> Answer:
    assert task.started_at is not None and task.lease is not None
    ran = wait((visit.now - task.started_at).total_seconds())
    obstacles = []
    if task.is_cancel_requested:
        obstacles.append(("cancelled", "It was asked to stop; its handler has not stopped yet"))
    if task.timeout is not None:
        obstacles.append(("scheduled", f"Its time limit is {wait(task.timeout)}"))
    worker = next((each for each in visit.shell.workers if each.id == task.lease.worker_id), None)
    if worker is not None and worker.is_lost:
        silent = f"Its worker has not been heard of for {wait(worker.silent_for)}"
        return Answer("lost", silent, "The task goes back to its queue when its claim has run out.", obstacles)
    if worker is not None:
        obstacles.append(("worker", f"The worker was heard of {wait(worker.silent_for)} ago"))
    return Answer("running", f"It runs on {task.lease.worker_id} for {ran}", task.progress_note or "", obstacles)


def _completed(task: Task, attempts: Sequence[Attempt]) -> Answer:
    ran = (
        "" if not attempts else f", after {duration((attempts[-1].ended_at - attempts[-1].started_at).total_seconds())}"
    )
    which = "" if task.attempt <= 1 else f" at the {ordinal(task.attempt)} attempt"
    whole = duration(((task.finished_at or task.created_at) - task.created_at).total_seconds())
    failed = [each for each in attempts if each.failure is not None]
    before = f"Before that it failed with {failed[-1].failure.type}. " if failed and failed[-1].failure else ""
    return Answer("completed", f"Completed{which}{ran}", f"{before}From created to completed it took {whole}.")


def _failed(visit: Visit, task: Task) -> Answer:
    attempts = "1 attempt" if task.attempt == 1 else f"{task.attempt} attempts"
    error = task.last_failure.type if task.last_failure else "an error that was not recorded"
    when = f" {relative(task.finished_at, visit.now)}" if task.finished_at else ""
    return Answer("failed", f"Failed for good after {attempts}", f"The last one ended{when} with {error}.")


def _pending(visit: Visit, task: Task, explanation: Explanation, state: str) -> Answer:
    """The first thing that holds it is the sentence, and the others follow."""
    first, *others = explanation.reasons
    obstacles = [(ICONS.get(reason.kind, "pending"), told(visit, reason)) for reason in others]
    if explanation.estimate is not None:
        earliest, latest = explanation.estimate.earliest, explanation.estimate.latest
        likely = wait((earliest - visit.now).total_seconds()), wait((latest - visit.now).total_seconds())
        obstacles.append(("scheduled", f"Likely start: in {likely[0]} to {likely[1]}"))
    cause = ""
    if state == "retrying" and task.last_failure is not None:
        cause = f"Attempt {task.attempt} failed with {task.last_failure.type}."
    if first.kind is ReasonKind.NOT_DUE and first.until is not None:
        return Answer(state, _not_due(visit, task, first.until, state), cause, obstacles)
    if first.kind is ReasonKind.PAUSED:
        return Answer("paused", told(visit, first), cause, obstacles, (first.details["kind"], first.details["name"]))
    icon = state if first.kind is ReasonKind.NEXT else ICONS.get(first.kind, state)
    return Answer(icon, first.sentence, cause, obstacles)


def told(visit: Visit, reason: Reason) -> str:
    """In a sentence; of a pause without the command, beside which a button stands."""
    if reason.kind is ReasonKind.PAUSED and reason.since is not None:
        paused_for = wait((visit.now - reason.since).total_seconds())
        by = f" by {reason.details['by']}" if reason.details["by"] else ""
        why = f": “{reason.details['reason']}”" if reason.details["reason"] else ""
        return f"The {reason.details['kind']} {reason.details['name']} is paused for {paused_for}{by}{why}"
    return reason.sentence


def _not_due(visit: Visit, task: Task, due: datetime, state: str) -> str:
    when = f"in {wait((due - visit.now).total_seconds())}"
    if state != "retrying":
        return f"It is scheduled to start {when}"
    of = f" of {task.max_attempts}" if task.max_attempts else ""
    return f"It waits for its retry: attempt {task.attempt + 1}{of} starts {when}"


def ordinal(number: int) -> str:
    return _ORDINALS[number] if number < len(_ORDINALS) else f"{number}th"


def ending(kind: OutcomeKind) -> tuple[str, str]:
    """The state and the words for how an attempt ended."""
    return {
        OutcomeKind.COMPLETED: ("completed", "completed"),
        OutcomeKind.RETRIED: ("failed", "failed"),
        OutcomeKind.DEAD: ("failed", "failed for good"),
        OutcomeKind.SNOOZED: ("scheduled", "asked to go on later"),
        OutcomeKind.RELEASED: ("pending", "was given back by its worker"),
        OutcomeKind.CANCELLED: ("cancelled", "was cancelled"),
        OutcomeKind.LOST: ("lost", "was lost with its worker"),
    }[kind]
