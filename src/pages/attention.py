"""What an operator has to look at: each with its cause and the one thing to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backstage.domain.pause_words import who_and_why
from backstage.domain.worker_info import WorkerInfo
from backstage.pages.figures import counted
from backstage.pages.moments import age, wait
from backstage.pages.queues_page import WAITING, QueueRow, Stuck
from backstage.pages.visit import Visit

MOST = 7


@dataclass(frozen=True, slots=True)
class Attention:
    """`name` is the queue, worker or type that `sentence` goes on about."""

    state: str
    name: str
    sentence: str
    why: str
    age: str
    action: str
    href: str


def attention_of(visit: Visit, queues: Sequence[QueueRow]) -> list[Attention]:
    """In the order of how much it hurts."""
    still = [row for row in queues if row.stands_still]
    return [
        *(_deserted(visit, still) if still and not visit.shell.alive else ()),
        *(found for row in still if visit.shell.alive or row.pause for found in _still(visit, row)),
        *(_stuck(visit, Stuck.of(row, reason)) for row in queues for reason in row.stuck),
        *(_silent(visit, worker) for worker in visit.shell.workers if worker.is_lost),
        *(_behind(visit, row) for row in queues if row.falls_behind),
    ]


def _deserted(visit: Visit, still: Sequence[QueueRow]) -> Iterator[Attention]:
    waiting = sum(row.counts.pending for row in still)
    waits = f"is alive: {counted(waiting, 'task')} {'waits' if waiting == 1 else 'wait'}"
    oldest = max((row.oldest for row in still if row.oldest is not None), default=None)
    yield Attention(
        "worker", "No worker", waits, "Start one: backstage worker", age(oldest), "See how", visit.href("/workers")
    )


def _still(visit: Visit, row: QueueRow) -> Iterator[Attention]:
    sentence = f"stands still: {counted(row.counts.pending, 'task')} {'waits' if row.counts.pending == 1 else 'wait'}"
    see = visit.href("/queues", open=row.name)
    if row.pause is not None:
        since = age((visit.now - row.pause.since).total_seconds())
        resume = ("Resume", visit.href("/act/resume", queue=row.name)) if visit.may("operator") else ("See queue", see)
        yield Attention("paused", row.name, sentence, f"Paused{who_and_why(row.pause)}", since, *resume)
        return
    why = WAITING.sub("", row.why.sentence) if row.why else "No worker that is alive serves this queue"
    yield Attention("warn", row.name, sentence, why, age(row.oldest), "See queue", see)


def _stuck(visit: Visit, stuck: Stuck) -> Attention:
    see = visit.href("/tasks", q=stuck.query)
    return Attention("warn", stuck.types, stuck.sentence, stuck.why, age(stuck.waited), "See them", see)


def _silent(visit: Visit, worker: WorkerInfo) -> Attention:
    running = len(worker.running)
    sentence = f"is silent and holds {counted(running, 'task')}" if running else "is silent"
    left = None if worker.lease is None else worker.lease - worker.silent_for
    why = "Its tasks go back to their queues when its lease has run out, and lose no attempt"
    if not running:
        why = "It ran nothing when it was last heard of"
    if left is not None and left > 0 and running:
        why = f"They go back to their queues in {wait(left)}, and lose no attempt"
    return Attention("lost", worker.id, sentence, why, age(worker.silent_for), "See worker", visit.href("/workers"))


def _behind(visit: Visit, row: QueueRow) -> Attention:
    sentence = f"falls behind: the oldest task waits {wait(row.oldest)}"
    why = f"{counted(row.counts.pending, 'task')} wait, {row.counts.running} of {counted(row.slots, 'slot')} work on it"
    return Attention(
        "warn", row.name, sentence, why, age(row.oldest), "See queue", visit.href("/queues", open=row.name)
    )
