from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from backstage.api.admission import Asked
from backstage.api.documents import Document
from backstage.api.refusal import Refusal
from backstage.api.values import TEXT, Moment
from backstage.domain.worker_info import WorkerInfo, WorkerState
from backstage.domain.worker_order import WorkerOrder

workers = APIRouter(prefix="/v1/workers", tags=["workers"])
_LONGEST_AGO = 86_400.0
_WorkerId = Annotated[
    str, Path(pattern=TEXT, min_length=1, max_length=255, description="The id, or either end of it where one has it.")
]


class WorkerDocument(Document):
    """A worker that was alive lately. What an earlier release does not tell is null."""

    id: str
    host: str
    pid: int
    state: WorkerState
    """`quiet`: it finishes what runs and claims nothing new. `lost`: it misses its beats."""
    order: WorkerOrder
    """What is asked of it, which its next beat tells it."""
    started_at: Moment
    seen_at: Moment
    silent_for: float
    concurrency: int
    queues: list[str]
    """Empty: all."""
    types: list[str]
    """`*` among them: all."""
    running: list[str]
    """Ids of the tasks that it runs."""
    memory: int | None
    """Bytes in RAM, of the process and of those that run its handlers."""
    memory_limit: int | None
    """Bytes; null without a limit."""
    loop_lag: float | None
    """The longest time by which its event loop came too late since the beat before, in seconds."""
    lease: float | None
    release: str | None
    python: str | None


class WorkersDocument(Document):
    workers: list[WorkerDocument]


class StacksDocument(Document):
    """Where the threads and asyncio tasks of a worker stood: lines of code, without values."""

    taken_at: Moment
    text: str


@workers.get("")
async def list_workers(
    asked: Asked, seen_within: Annotated[float, Query(ge=0.0, le=_LONGEST_AGO)] = 60.0
) -> WorkersDocument:
    """The workers that were alive in the last `seen_within` seconds."""
    return WorkersDocument(workers=[worker_document(each) for each in await asked.list_workers(seen_within)])


@workers.post("/{worker_id}/quiet", status_code=202)
async def quiet_worker(asked: Asked, worker_id: _WorkerId) -> WorkerDocument:
    """Let it finish what it runs and claim nothing new, from its next beat on. The answer tells how it was."""
    return worker_document(await asked.quiet_worker(worker_id))


@workers.post("/{worker_id}/resume", status_code=202)
async def resume_worker(asked: Asked, worker_id: _WorkerId) -> WorkerDocument:
    """Let a quiet worker claim again, from its next beat on."""
    return worker_document(await asked.resume_worker(worker_id))


@workers.post("/{worker_id}/stop", status_code=202)
async def stop_worker(asked: Asked, worker_id: _WorkerId) -> WorkerDocument:
    """Let it stop as SIGTERM would, with its next beat."""
    return worker_document(await asked.stop_worker(worker_id))


@workers.post("/{worker_id}/stacks")
async def get_worker_stacks(asked: Asked, worker_id: _WorkerId) -> StacksDocument:
    """Where its threads and asyncio tasks stand. Answered with its next beat, within about five seconds."""
    stacks = await asked.get_worker_stacks(worker_id)
    if stacks is None:
        raise Refusal(504, "worker-silent", "the worker has not answered: its event loop may be blocked")
    return StacksDocument.model_validate(stacks)


def worker_document(worker: WorkerInfo) -> WorkerDocument:
    return WorkerDocument.model_validate({name: getattr(worker, name) for name in WorkerDocument.model_fields})
