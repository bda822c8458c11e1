from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter

from backstage.api.admission import Asked
from backstage.api.documents import Document
from backstage.api.requests import NewPause
from backstage.api.values import Moment, PathName
from backstage.app.guarded_use_cases import GuardedUseCases
from backstage.domain.ports.queue_control import QUEUE, TYPE
from backstage.domain.stats import OldestDue, StateCounts, TaskStats

queues = APIRouter(prefix="/v1", tags=["queues"])


class CountsDocument(Document):
    """How many tasks there are in each state, and how many were pruned."""

    pending: int
    running: int
    completed: int
    failed: int
    cancelled: int
    pruned: int


class StatsDocument(CountsDocument):
    """The whole store."""

    queues: int
    types: int


class GroupDocument(CountsDocument):
    """A queue, or a type."""

    name: str
    oldest_due_seconds: float | None
    """For how long the task waits that has been due for longest; null where none is due."""
    paused_since: Moment | None
    paused_by: str | None
    pause_reason: str | None


class QueuesDocument(Document):
    queues: list[GroupDocument]


class TypesDocument(Document):
    types: list[GroupDocument]


class PausedDocument(Document):
    name: str
    is_paused: bool
    has_changed: bool
    """False where it was so already."""


@queues.get("/stats")
async def get_stats(asked: Asked) -> StatsDocument:
    """How many tasks are in each state, exactly."""
    stats = await asked.get_task_stats()
    return StatsDocument(**_counts(stats), queues=len(stats.by_queue), types=len(stats.by_type))


@queues.get("/queues")
async def list_queues(asked: Asked) -> QueuesDocument:
    """Every queue that has had a task or is paused."""
    return QueuesDocument(queues=await _groups(asked, QUEUE))


@queues.get("/types")
async def list_types(asked: Asked) -> TypesDocument:
    """Every type that has had a task or is paused."""
    return TypesDocument(types=await _groups(asked, TYPE))


@queues.post("/queues/{name}/pause")
async def pause_queue(asked: Asked, name: PathName, body: NewPause | None = None) -> PausedDocument:
    """Stop workers from claiming tasks of the queue. Running tasks go on."""
    has_changed = await asked.pause_queue(name, reason=body.reason if body else None)
    return PausedDocument(name=name, is_paused=True, has_changed=has_changed)


@queues.post("/queues/{name}/resume")
async def resume_queue(asked: Asked, name: PathName) -> PausedDocument:
    return PausedDocument(name=name, is_paused=False, has_changed=await asked.resume_queue(name))


@queues.post("/types/{name}/pause")
async def pause_type(asked: Asked, name: PathName, body: NewPause | None = None) -> PausedDocument:
    """Stop workers from claiming tasks of the type. Running tasks go on."""
    has_changed = await asked.pause_type(name, reason=body.reason if body else None)
    return PausedDocument(name=name, is_paused=True, has_changed=has_changed)


@queues.post("/types/{name}/resume")
async def resume_type(asked: Asked, name: PathName) -> PausedDocument:
    return PausedDocument(name=name, is_paused=False, has_changed=await asked.resume_type(name))


async def _groups(asked: GuardedUseCases, kind: str) -> list[GroupDocument]:
    return groups_of(await asked.get_task_stats(), await asked.get_oldest_due(), kind)


def groups_of(stats: TaskStats, oldest_due: Sequence[OldestDue], kind: str) -> list[GroupDocument]:
    """The queues or the types, by name."""
    waits = _longest_waits(oldest_due, kind)
    counted = stats.by_type if kind == TYPE else stats.by_queue
    pauses = {pause.name: pause for pause in stats.pauses if pause.kind == kind}
    return [
        GroupDocument(
            **_counts(counted.get(name, StateCounts())),
            name=name,
            oldest_due_seconds=waits.get(name),
            paused_since=pauses[name].since if name in pauses else None,
            paused_by=pauses[name].by if name in pauses else None,
            pause_reason=pauses[name].reason if name in pauses else None,
        )
        for name in sorted({*counted, *pauses})
    ]


def _longest_waits(oldest_due: Sequence[OldestDue], kind: str) -> dict[str, float]:
    """The longest wait of each queue, or of each type, in seconds."""
    waits: dict[str, float] = {}
    for each in oldest_due:
        name = each.type if kind == TYPE else each.queue
        waits[name] = max(waits.get(name, 0.0), each.waited)
    return waits


def _counts(counts: StateCounts) -> dict[str, int]:
    return {name: getattr(counts, name) for name in CountsDocument.model_fields}
