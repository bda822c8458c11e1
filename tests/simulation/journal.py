"""What the store really did, and what the handlers really did: the evidence that the checker judges."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from backstage.domain.outcome import Outcome
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState


@dataclass(frozen=True, slots=True)
class Fact:
    at: float
    kind: str
    """claim, renew, settle, refuse, reclaim (the store); start, beat, end (handlers); cancel-asked, kill, freeze"""
    task_id: str = ""
    fence: int = 0
    host: str = ""
    detail: str = ""


@dataclass
class Journal:
    facts: list[Fact] = field(default_factory=list)

    def add(self, at: float, kind: str, **detail: Any) -> None:
        self.facts.append(Fact(at, kind, **detail))

    def of(self, *kinds: str) -> list[Fact]:
        return [fact for fact in self.facts if fact.kind in kinds]


class JournalledQueue:
    """The server's own queue, each applied step written down where it is applied."""

    def __init__(self, queue: Any, journal: Journal, now: Any) -> None:
        self._queue, self._journal, self._now = queue, journal, now

    async def claim(self, request: Any) -> Any:
        claimed = await self._queue.claim(request)
        for task in claimed.tasks:
            self._journal.add(
                self._now(),
                "claim",
                task_id=task.id,
                fence=task.fence,
                host=request.worker_id,
                detail=str(request.lease),
            )
        return claimed

    async def settle(self, outcomes: list[Outcome]) -> list[TaskState | None]:
        states: list[TaskState | None] = await self._queue.settle(outcomes)
        for outcome, state in zip(outcomes, states, strict=True):
            kind = "refuse" if state is None else "settle"
            self._journal.add(
                self._now(), kind, task_id=outcome.task_id, fence=outcome.fence, detail=f"{outcome.kind} {state}"
            )
        return states

    async def renew(self, fences: dict[str, int], lease: float) -> Any:
        held = await self._queue.renew(fences, lease)
        for task_id, fence in fences.items():
            if task_id not in held.lost:
                self._journal.add(self._now(), "renew", task_id=task_id, fence=fence, detail=str(lease))
        return held

    async def reclaim(self, max_deliveries: int, limit: int, *following: Any) -> list[tuple[Task, Outcome]]:
        reclaimed: list[tuple[Task, Outcome]] = await self._queue.reclaim(max_deliveries, limit, *following)
        for task, outcome in reclaimed:
            self._journal.add(
                self._now(), "reclaim", task_id=task.id, fence=outcome.fence, detail=f"{outcome.kind} {task.state}"
            )
        return reclaimed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)
