from __future__ import annotations

from typing import Any

from backstage.domain.deferred_dataclass import dataclass
from backstage.worker.watching.metrics import RunMetrics


@dataclass(frozen=True, slots=True)
class ProcessorHealth:
    """The condition of one processor.

    `is_paused` is true if the processor, or its queue for the whole fleet, is paused. `problems` are those of its
    loops, a line each. The processor is healthy if it runs without problems, paused or not.
    """

    queue: str
    is_running: bool
    is_paused: bool
    metrics: RunMetrics
    problems: tuple[str, ...] = ()

    @property
    def healthy(self) -> bool:
        return self.is_running and not self.problems

    def document(self) -> dict[str, Any]:
        return {
            "healthy": self.healthy,
            "queue_name": self.queue,
            "problems": list(self.problems),
            "is_running": self.is_running,
            "is_paused": self.is_paused,
            "metrics": self.metrics.summary(),
        }
