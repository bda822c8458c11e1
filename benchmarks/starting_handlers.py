"""Handlers for a worker that is started by its command, as an application has them."""

from __future__ import annotations

import time
from typing import Any

from backstage import handler

FIRST = "benchmark:first"


@handler(FIRST)
async def tell_the_moment(payload: Any) -> None:
    """By the clock that all processes of this host share."""
    print(time.monotonic(), flush=True)
