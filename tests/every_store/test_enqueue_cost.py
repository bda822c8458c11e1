"""What one awaited enqueue costs its caller, in calls of Python functions on the event loop's thread: neither the
machine nor its load changes those."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

from tests.every_store.conftest import OneStore

CALLS = {"memory": 23, "sqlite": 71, "postgresql": 186, "redis": 89}
"""On each store. A figure may fall, and is then lowered here; whoever raises one says why."""
MARGIN, TIMES = 1.05, 20


async def test_one_enqueue_takes_few_calls(store: OneStore) -> None:
    container = await store.opened()
    for _ in range(3):  # whatever the first of its queue leaves to be done
        await container.enqueue("t", {"n": 1})
    calls = min([await _calls_of_one(container) for _ in range(TIMES)])  # hints to workers are sent beside some
    assert calls <= CALLS[store.url.partition(":")[0]] * MARGIN, f"{calls} calls"


async def _calls_of_one(container: Any) -> int:
    calls = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        await container.enqueue("t", {"n": 1})
    finally:
        sys.setprofile(None)
    return calls
