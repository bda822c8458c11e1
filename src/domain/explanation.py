"""Why a task, or a queue, stands where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Any

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.task_state import TaskState


class ReasonKind(StrEnum):
    """What stands in a task's way, in the order in which reasons are told."""

    ENDED = "ended"
    RUNNING = "running"
    CANCEL_REQUESTED = "cancel_requested"
    NOT_DUE = "not_due"
    PAUSED = "paused"
    QUIET_WORKERS = "quiet_workers"
    NO_WORKER = "no_worker"
    UNKNOWN_TYPE = "unknown_type"
    UNKNOWN_VERSION = "unknown_version"
    UNSERVED_QUEUE = "unserved_queue"
    BEHIND_OTHERS = "behind_others"
    SLOTS_BUSY = "slots_busy"
    NEXT = "next"  # nothing stands in its way
    EMPTY = "empty"  # of a queue: nothing waits


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence, with what it is made of in `details`: JSON values, whose names depend on the kind.

    `since` is when that began to hold, and `until` when it ends by itself, where they are known.
    """

    kind: ReasonKind
    sentence: str
    since: datetime | None = None
    until: datetime | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Estimate:
    """When the task will probably be claimed."""

    earliest: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a task is where it is. `reasons` are all that hold, and `sentence` is that of the first. `estimate` is None
    where nothing is known from which to tell it."""

    task_id: str
    state: TaskState
    sentence: str
    reasons: tuple[Reason, ...]
    estimate: Estimate | None = None


@dataclass(frozen=True, slots=True)
class QueueExplanation:
    """Why a queue moves, or does not. `is_moving` is False where tasks are due and no worker takes any task
    of the queue: where only some types are stuck, the reasons tell which."""

    queue: str
    sentence: str
    reasons: tuple[Reason, ...]
    is_moving: bool
