from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backstage.worker.metrics import RunMetrics


@dataclass(frozen=True, slots=True)
class ProcessorHealth:
    """`is_paused` means the processor, or its queue for the whole fleet; a paused processor is healthy."""

    healthy: bool
    queue: str
    is_running: bool
    is_paused: bool
    metrics: RunMetrics

    def document(self) -> dict[str, Any]:
        return {
            "healthy": self.healthy,
            "queue": self.queue,
            "is_running": self.is_running,
            "is_paused": self.is_paused,
            "metrics": self.metrics.summary(),
        }
