"""The memory backend as one host sees it over a bad network."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from backstage.domain.errors import StorageUnavailableError
from backstage.infra.memory.backend import MemoryBackend

METHODS = {
    "tasks": ("add", "get", "attempts", "find", "ended_since", "save", "counts", "prune"),
    "queue": (
        "claim",
        "held_by",
        "settle",
        "renew",
        "inspect",
        "report_progress",
        "reclaim",
        "is_idle",
    ),
    "control": ("pause", "resume", "paused"),
    "registry": ("beat", "leave", "workers", "give_order", "request_stacks", "put_stacks", "stacks"),
    "type_definitions": ("put", "all"),
    "schedules": ("put", "find", "all", "restore", "delete", "pause", "resume", "fire"),
    "subscriptions": ("put", "delete", "all"),
    "broadcasts": ("send", "position", "receive"),
    "audit_log": ("add", "find"),
    "bulk_operations": ("save", "find", "all", "delete"),
    "tokens": ("put", "find", "used", "delete", "all"),
    "task_events": ("append", "read", "standings", "keep_lines", "lines", "forget", "forget_results"),
    "archive": ("read", "write", "write_pruned"),
    "facts": ("of",),
    "history": ("add", "read", "failure_groups", "mark_failure_group", "forget"),
}


@dataclass
class Faults:
    """Chances per call, drawn anew for each seed."""

    fail_before: float = 0.0
    """The request never arrives."""
    fail_after: float = 0.0
    """The step is taken, its reply is lost."""
    stall: float = 0.0
    longest_stall: float = 0.0
    latency: float = 0.0
    hits: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    """All that were made, by method."""


class FaultyPort:
    """Passes each call on, late, never, or without its answer."""

    def __init__(self, port: Any, methods: tuple[str, ...], faults: Faults, random: Random) -> None:
        for name in methods:
            setattr(self, name, _faulty(name, getattr(port, name), faults, random))


def _faulty(
    name: str, call: Callable[..., Awaitable[Any]], faults: Faults, random: Random
) -> Callable[..., Awaitable[Any]]:
    async def faulty(*arguments: Any, **options: Any) -> Any:
        faults.calls[name] += 1
        await asyncio.sleep(faults.latency * random.random())
        if random.random() < faults.stall:
            faults.hits += 1
            await asyncio.sleep(faults.longest_stall * random.random())
        if random.random() < faults.fail_before:
            faults.hits += 1
            raise StorageUnavailableError("the request did not arrive")
        answer = await call(*arguments, **options)
        if random.random() < faults.fail_after:
            faults.hits += 1
            raise StorageUnavailableError("the reply was lost")
        await asyncio.sleep(faults.latency * random.random())
        return answer

    return faulty


class FaultyBackend:
    """One host's connection to the store."""

    def __init__(self, server: MemoryBackend, faults: Faults, random: Random) -> None:
        self._server = server
        self.clock = server.clock
        self.tasks: Any = FaultyPort(server.tasks, METHODS["tasks"], faults, random)
        self.queue: Any = FaultyPort(server.queue, METHODS["queue"], faults, random)
        self.control: Any = FaultyPort(server.control, METHODS["control"], faults, random)
        self.registry: Any = FaultyPort(server.registry, METHODS["registry"], faults, random)
        self.type_definitions: Any = FaultyPort(server.type_definitions, METHODS["type_definitions"], faults, random)
        self.schedules: Any = FaultyPort(server.schedules, METHODS["schedules"], faults, random)
        self.subscriptions: Any = FaultyPort(server.subscriptions, METHODS["subscriptions"], faults, random)
        self.broadcasts: Any = FaultyPort(server.broadcasts, METHODS["broadcasts"], faults, random)
        self.audit_log: Any = FaultyPort(server.audit_log, METHODS["audit_log"], faults, random)
        self.bulk_operations: Any = FaultyPort(server.bulk_operations, METHODS["bulk_operations"], faults, random)
        self.tokens: Any = FaultyPort(server.tokens, METHODS["tokens"], faults, random)
        self.task_events: Any = FaultyPort(server.task_events, METHODS["task_events"], faults, random)
        self.archive: Any = FaultyPort(server.archive, METHODS["archive"], faults, random)
        self.facts: Any = FaultyPort(server.facts, METHODS["facts"], faults, random)
        self.history: Any = FaultyPort(server.history, METHODS["history"], faults, random)

    async def open(self) -> None:
        """Connected from the start."""

    async def close(self) -> None:
        """Nothing to free."""

    def wakeup(self, name: str | None = None) -> Any:
        return self._server.wakeup(name)

    @contextlib.asynccontextmanager
    async def lease_queue(self) -> AsyncIterator[Any]:
        yield self.queue
