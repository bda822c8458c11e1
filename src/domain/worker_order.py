"""What a worker is told by those who steer it, and what it answers."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.store_signs import UNKNOWN, StoreSigns


class WorkerOrder(StrEnum):
    """What is asked of one worker; it holds until another is given."""

    WORK = "work"
    QUIET = "quiet"  # finish what runs, claim nothing new
    STOP = "stop"  # as SIGTERM does


@dataclass(frozen=True, slots=True)
class BeatAnswer:
    """What the store answers a worker's beat.

    `generation` is an id that the store has from when it was made, or emptied, until it is emptied. `stacks_request` is
    the id of a request for the worker's stacks that nobody has answered yet.
    """

    generation: str
    order: WorkerOrder = WorkerOrder.WORK
    stacks_request: str | None = None
    signs: StoreSigns = UNKNOWN


@dataclass(frozen=True, slots=True)
class WorkerStacks:
    """Where a worker's threads and asyncio tasks stood at a moment: code, and no payloads."""

    request: str
    taken_at: datetime
    text: str
