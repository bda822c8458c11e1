"""How a service is: its processors, its store, and what else it needs."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.ports.queue_control import QUEUE, Pause
from backstage.worker.hosting.processor_health import ProcessorHealth
from backstage.worker.hosting.queue_processor import QueueProcessor

Check = Callable[[], Awaitable[Any] | Any]
"""Looks at something that a service needs. It is well unless the check raises or returns False."""
CHECK_TIMEOUT = 5.0
"""Seconds that an asynchronous check may take."""


@dataclass(frozen=True, slots=True)
class CheckHealth:
    """The result of one check. `problem` is None if it is healthy."""

    problem: str | None = None

    @property
    def healthy(self) -> bool:
        return self.problem is None

    def document(self) -> dict[str, Any]:
        return {"healthy": self.healthy, "problem": self.problem}


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """The condition of a `WorkerService`. `checks` are those of the application, by name."""

    processors: tuple[ProcessorHealth, ...]
    store: CheckHealth
    checks: Mapping[str, CheckHealth]

    @property
    def healthy(self) -> bool:
        checks = (self.store, *self.checks.values())
        return all(each.healthy for each in self.processors) and all(each.healthy for each in checks)

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "healthy": self.healthy,
            "processors": [each.document() for each in self.processors],
            "database": self.store.document(),
            "checks": {name: each.document() for name, each in self.checks.items()},
        }


async def examine_service(
    processors: Iterable[QueueProcessor], list_pauses: Callable[[], Awaitable[list[Pause]]], checks: Mapping[str, Check]
) -> ServiceHealth:
    """Ask everything at once. The store is well when it tells what is paused."""
    paused: set[str] = set()

    async def ask_store() -> None:
        paused.update(pause.name for pause in await list_pauses() if pause.kind == QUEUE)

    store, *answers = await asyncio.gather(examine(ask_store), *map(examine, checks.values()))
    return ServiceHealth(
        processors=tuple(each.get_health(is_queue_paused=each.queue.name in paused) for each in processors),
        store=store,
        checks=dict(zip(checks, answers, strict=True)),
    )


async def examine(check: Check) -> CheckHealth:
    """Whatever goes wrong in a check is its answer."""
    try:
        async with asyncio.timeout(CHECK_TIMEOUT):
            answer = check()
            if inspect.isawaitable(answer):
                answer = await answer
    except TimeoutError:
        return CheckHealth(f"there was no answer within {CHECK_TIMEOUT:g} seconds")
    except Exception as error:
        return CheckHealth(str(error) or type(error).__name__)
    return CheckHealth("the check returned False" if answer is False else None)
