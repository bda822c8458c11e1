"""What one measurement is made on, in a form that crosses to the process that makes it."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

TASK_TYPE = "benchmark:no-op"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """`system` is one of systems.SYSTEMS, `url` that of a new store of its own. None is our default.

    `others` is how many finished tasks, and as many tasks of next year, lie beside those that are measured;
    `alone_url` is then that of another new store, which has none of them.
    """

    system: str
    url: str
    tasks: int
    concurrency: int | None = None
    prefetch: int | None = None
    processes: int = 1
    others: int = 0
    alone_url: str = ""

    @property
    def path(self) -> str:
        """Of the file, where the store is one."""
        return urlsplit(self.url).path.removeprefix("/")

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def of_json(cls, text: str) -> Self:
        return cls(**json.loads(text))
