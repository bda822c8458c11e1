"""What somebody who follows a task is told."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from backstage.domain.deferred_dataclass import dataclass


class EventKind(StrEnum):
    """What an event of a task is about."""

    STATE = "state"  # the state that the task is in now
    PROGRESS = "progress"  # how far it is, and the note
    CHUNK = "chunk"  # what its handler has emitted
    RESTARTED = "restarted"  # what was emitted before is of an earlier run: a reader may clear it
    LOG = "log"  # a line that its handler has logged
    DROPPED = "dropped"  # so many events are no longer kept


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedEvent:
    """`number` is what to go on after: 0 before the first kept event. Chunks, log lines and restarts have numbers of
    their own, one after another. A state or progress is told as it stands, under the number of the kept event before
    it, so whoever goes on after that number is told how the task stands once more."""

    number: int
    kind: EventKind
    at: datetime
    attempt: int
    data: Any = None
