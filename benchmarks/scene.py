"""What one measurement is made on, in a form that crosses to the process that makes it."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

TASK_TYPE = "benchmark:no-op"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """`system` is one of systems.SYSTEMS, `url` that of a new store of its own. None is our default.

    `others` is how many other tasks lie beside those that are measured; `more_urls` are of other new stores, for
    measurements that compare two. `payload_bytes` is the length of a text in each payload. `is_stock` is a worker as it
    comes out of the box, which writes its log; the others are silent below a warning. `load` is one of loads.LOADS, and
    `seconds` is how long an open load lasts.
    """

    system: str
    url: str
    tasks: int
    concurrency: int | None = None
    prefetch: int | None = None
    processes: int = 1
    others: int = 0
    more_urls: tuple[str, ...] = ()
    payload_bytes: int = 0
    is_stock: bool = False
    load: str = "no work"
    seconds: float = 5.0

    @property
    def path(self) -> str:
        """Of the file, where the store is one."""
        return urlsplit(self.url).path.removeprefix("/")

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self))

    def payload(self, n: int) -> dict[str, Any]:
        return {"n": n, "text": "x" * self.payload_bytes} if self.payload_bytes else {"n": n}

    @classmethod
    def of_json(cls, text: str) -> Self:
        fields = json.loads(text)
        return cls(**{**fields, "more_urls": tuple(fields["more_urls"])})
