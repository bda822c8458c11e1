from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from backstage.domain.payload import encode_payload
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.event_bus import EventBus
from backstage.domain.ports.ids import Ids
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.ports.task_trace import TaskTrace


@dataclass(frozen=True, slots=True)
class EnqueueParts:
    """What every new task takes: one that is enqueued alone, one of many, and one that follows another.

    `encode` writes the payload.
    """

    tasks: TaskRepository
    events: EventBus
    clock: Clock
    ids: Ids
    trace: TaskTrace | None = None
    encode: Callable[[Any], str] = encode_payload
