"""The first sentence of a task's page: why it is as it is, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backstage.app.find_unserved import Unserved
from backstage.domain.attempt import Attempt
from backstage.domain.outcome import OutcomeKind
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.pages.moments import duration, relative, wait
from backstage.pages.visit import Visit

_ORDINALS = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


@dataclass(frozen=True, slots=True)
class Answer:
    """`obstacles` are pairs of an icon and a sentence, in the order in which they will be met."""

    state: str
    sentence: str
    cause: str = ""
    obstacles: Sequence[tuple[str, str]] = ()


def answer_of(
    visit: Visit, task: Task, attempts: Sequence[Attempt], unserved: Sequence[Unserved], state: str
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
            return _pending(visit, task, unserved, state)


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


def _pending(visit: Visit, task: Task, unserved: Sequence[Unserved], state: str) -> Answer:
    """The first thing that holds it is the sentence, and the others follow."""
    reasons: list[tuple[str, str]] = []
    due_in = (task.scheduled_at - visit.now).total_seconds()
    if due_in > 0:
        when = f"in {wait(due_in)}"
        number = f"attempt {task.attempt + 1}" + (f" of {task.max_attempts}" if task.max_attempts else "")
        waits = f"It waits for its retry: {number} starts {when}"
        reasons.append((state, waits if state == "retrying" else f"It is scheduled to start {when}"))
    since = visit.shell.stats.paused_queues.get(task.queue)
    if since is not None:
        reasons.append(("paused", f"The queue {task.queue} is paused since {relative(since, visit.now)}"))
    if task.type in visit.shell.stats.paused_types:
        reasons.append(("paused", f"Tasks of type {task.type} are paused"))
    reasons += [
        ("warn", f"No worker that is alive serves {lane.type} on queue {lane.queue}{lane.hint}") for lane in unserved
    ]
    if not visit.shell.alive:
        reasons.append(("worker", "No worker is alive"))
    ahead = visit.shell.stats.by_queue.get(task.queue)
    if ahead is not None and ahead.pending > 1:
        reasons.append(("queue", f"{ahead.pending - 1:,} other tasks wait in queue {task.queue}"))
    if not reasons:
        return Answer(state, "Nothing stands in its way: it starts as soon as a slot is free")
    (icon, sentence), *others = reasons
    if icon == "queue":
        return Answer("pending", "It waits for its turn", "", reasons)
    cause = f"It failed before with {task.last_failure.type}." if state == "retrying" and task.last_failure else ""
    return Answer("warn" if icon == "worker" else icon, sentence, cause, [(each, text) for each, text in others])


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
