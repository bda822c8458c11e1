"""What happened to a task, newest first, and the line that shows it to scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from backstage.domain.attempt import Attempt
from backstage.domain.task import Task
from backstage.domain.task_state import FINAL_STATES, TaskState
from backstage.pages.answer import ending
from backstage.pages.moments import clock, duration

WIDTH = 700
_NARROWEST = 7.0


@dataclass(frozen=True, slots=True)
class Event:
    """`at` is None of what lies ahead without a known moment."""

    state: str
    title: str
    at: datetime | None
    error: str = ""
    worker: str = ""
    detail: str = ""
    is_ahead: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    x: float
    width: float
    kind: str


@dataclass(frozen=True, slots=True)
class Lifeline:
    """Coordinates in a box WIDTH wide. `now` is None once the task has ended."""

    runs: tuple[Run, ...]
    end: float
    now: float | None
    marks: tuple[datetime | str, ...]
    """Of a life of seconds, durations since its begin."""
    sentence: str
    waited: float
    ran: float


def events_of(task: Task, attempts: Sequence[Attempt], state: str, now: datetime) -> list[Event]:
    events = [Event("pending", "Created", task.created_at, detail=_origin(task))]
    for attempt in attempts:
        kind, words = ending(attempt.outcome)
        ran = duration((attempt.ended_at - attempt.started_at).total_seconds())
        error = str(attempt.failure).strip().split("\n")[0][:500] if attempt.failure else ""
        events.append(
            Event(kind, f"Attempt {attempt.number} {words} after {ran}", attempt.started_at, error, attempt.worker_id)
        )
    if task.state is TaskState.RUNNING and task.lease is not None:
        of = f" of {task.max_attempts}" if task.max_attempts else ""
        events.append(
            Event("running", f"Attempt {task.attempt}{of} runs", task.started_at, worker=task.lease.worker_id)
        )
    if task.state is TaskState.CANCELLED and (not attempts or ending(attempts[-1].outcome)[0] != "cancelled"):
        events.append(Event("cancelled", "Cancelled", task.finished_at))
    if task.state is TaskState.PENDING and task.scheduled_at > now:
        events.append(Event("scheduled", f"Attempt {task.attempt + 1}", task.scheduled_at, is_ahead=True))
    return events[::-1]


def lifeline_of(task: Task, attempts: Sequence[Attempt], now: datetime) -> Lifeline | None:
    """None for a task that has had no attempt: there is nothing to show to scale."""
    spans = [(each.started_at, each.ended_at, ending(each.outcome)[0]) for each in attempts]
    if task.state is TaskState.RUNNING and task.started_at is not None:
        spans.append((task.started_at, now, "running"))
    if not spans:
        return None
    has_ended = task.state in FINAL_STATES
    is_ahead = not has_ended and task.scheduled_at > now
    end = max(spans[-1][1], task.scheduled_at if is_ahead else now) if not has_ended else spans[-1][1]
    whole = max((end - task.created_at).total_seconds(), 0.001)

    def place(moment: datetime) -> float:
        return round(max(0.0, min(1.0, (moment - task.created_at).total_seconds() / whole)) * (WIDTH - _NARROWEST), 1)

    runs = [Run(place(a), round(max(_NARROWEST, place(b) - place(a)), 1), kind) for a, b, kind in spans]
    if is_ahead:
        runs.append(Run(place(task.scheduled_at), _NARROWEST, "next"))
    ran = sum((b - a).total_seconds() for a, b, _ in spans)
    lived = ((spans[-1][1] if has_ended else now) - task.created_at).total_seconds()
    return Lifeline(
        runs=tuple(runs),
        end=WIDTH,
        now=None if has_ended else place(now),
        marks=tuple(_mark(task.created_at, whole, step / 4) for step in range(5)),
        sentence=f"Created at {clock(task.created_at)}; {_told(spans)}",
        waited=max(0.0, lived - ran),
        ran=ran,
    )


def _mark(begin: datetime, whole: float, part: float) -> datetime | str:
    if whole > 20:
        return begin + timedelta(seconds=whole * part)
    return duration(whole * part) if part else "0"


def _told(spans: Sequence[tuple[datetime, datetime, str]]) -> str:
    last = spans[-8:]
    left_out = f"{len(spans) - len(last)} earlier attempts, " if len(last) < len(spans) else ""
    return left_out + ", ".join(f"{clock(start)} {kind}" for start, _, kind in last)


def _origin(task: Task) -> str:
    return f"by the schedule {task.metadata['schedule']}" if "schedule" in task.metadata else ""
