"""The whole store as it is now, told once a second to everybody who looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic_core import to_json

from backstage.api.admission import Asked
from backstage.api.event_stream import EVENTS, event, event_stream
from backstage.api.queues import groups_of
from backstage.api.workers import worker_document
from backstage.app.guarded_use_cases import GuardedUseCases
from backstage.domain.errors import TaskError
from backstage.domain.ports.queue_control import QUEUE, TYPE

INTERVAL = 1.0
live = APIRouter(prefix="/v1", tags=["live"])
Parts = Mapping[str, Mapping[str, Any]]
"""`queues`, `types` and `workers`, each by name."""


@dataclass(frozen=True)
class Snapshot:
    at: datetime
    parts: Parts

    def changes_since(self, before: Parts) -> dict[str, Any]:
        """What is new or other, and the names of what is gone; empty where all is as it was."""
        changed: dict[str, Any] = {}
        gone: dict[str, list[str]] = {}
        for kind, now in self.parts.items():
            then = before.get(kind, {})
            if other := [each for name, each in now.items() if then.get(name) != each]:
                changed[kind] = other
            if lost := [name for name in then if name not in now]:
                gone[kind] = lost
        return changed | ({"gone": gone} if gone else {})


@dataclass
class LiveSnapshots:
    """One reading of the store for all readers together, while there are any."""

    interval: float = INTERVAL
    latest: Snapshot | None = None
    readers: int = 0
    _is_new: asyncio.Condition = field(default_factory=asyncio.Condition)
    _reading: asyncio.Task[None] | None = None

    async def follow(self, asked: GuardedUseCases) -> AsyncGenerator[Snapshot, None]:
        """Each snapshot; one who is slow gets the latest and misses those in between."""
        self.readers += 1
        if self._reading is None or self._reading.done():
            self.latest = None
            self._reading = asyncio.create_task(self._read(asked))
        seen: Snapshot | None = None
        try:
            while True:
                async with self._is_new:
                    while self.latest is None or self.latest is seen:
                        await self._is_new.wait()
                    seen = self.latest
                yield seen
        finally:
            self.readers -= 1
            if self.readers == 0:
                self._reading.cancel()
                self._reading = None

    async def _read(self, asked: GuardedUseCases) -> None:
        while True:
            with suppress(TaskError):  # the store does not answer: readers keep what they have
                snapshot = await _snapshot(asked)
                async with self._is_new:
                    self.latest = snapshot
                    self._is_new.notify_all()
            await asyncio.sleep(self.interval)


@live.get(
    "/live",
    response_class=StreamingResponse,
    responses=EVENTS,
)
async def follow_store(asked: Asked, request: Request) -> StreamingResponse:
    """Queues, types and workers as server-sent events: first a `snapshot`, then each second a `delta` of changes."""
    snapshots: LiveSnapshots = request.app.state.live
    return event_stream(_told(snapshots, asked), request, asked)


async def _told(snapshots: LiveSnapshots, asked: GuardedUseCases) -> AsyncGenerator[str, None]:
    before: Parts | None = None
    following = snapshots.follow(asked)
    try:
        async for snapshot in following:
            changes = snapshot.changes_since(before or {})
            if changes or before is None:
                data = to_json({"at": snapshot.at, **changes}).decode()
                yield event("snapshot" if before is None else "delta", data)
            before = snapshot.parts
    finally:
        await following.aclose()


async def _snapshot(asked: GuardedUseCases) -> Snapshot:
    stats, oldest_due = await asked.get_task_stats(), await asked.get_oldest_due()
    parts = {
        "queues": {each.name: each.model_dump() for each in groups_of(stats, oldest_due, QUEUE)},
        "types": {each.name: each.model_dump() for each in groups_of(stats, oldest_due, TYPE)},
        "workers": {each.id: worker_document(each).model_dump() for each in await asked.list_workers()},
    }
    return Snapshot(asked.clock.now(), parts)
