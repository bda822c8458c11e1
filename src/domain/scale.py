"""How many workers a queue needs, as one number for autoscalers."""

from __future__ import annotations

from math import ceil

from backstage.domain.deferred_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """`wanted` workers, of `slots` each, would begin the `due` tasks within the wanted wait, and never fewer than the
    `running` ones fill. `mean_seconds` is how long a run takes."""

    queue: str
    wanted: int
    running: int
    due: int
    mean_seconds: float
    slots: float

    @classmethod
    def of(cls, queue: str, *, running: int, due: int, mean_seconds: float, target: float, slots: float) -> Scale:
        """`target` is the wanted wait in seconds."""
        busy = max(running, due * mean_seconds / target, 1 if due else 0)
        return cls(queue, ceil(busy / slots), running, due, mean_seconds, slots)
