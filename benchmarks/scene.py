"""What one measurement is made on, in a form that crosses to the process that makes it."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Self

TASK_TYPE = "benchmark:no-op"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """`system` is one of systems.SYSTEMS, `path` a file that does not exist yet, in a folder of its own."""

    system: str
    path: str
    tasks: int
    concurrency: int = 10
    prefetch: int = 0
    processes: int = 1

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def of_json(cls, text: str) -> Self:
        return cls(**json.loads(text))
