"""The event loop that the worker's own command uses: uvloop where there is one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from typing import Any

try:
    import uvloop
except ImportError:
    LOOP, _factory = "asyncio", None
else:
    LOOP, _factory = "uvloop", uvloop.new_event_loop


def run(work: Coroutine[Any, Any, Any]) -> None:
    """Run it and write what it returns as one line of JSON."""
    with asyncio.Runner(loop_factory=_factory) as runner:
        print(json.dumps(runner.run(work)), flush=True)
