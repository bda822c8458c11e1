from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

Value = TypeVar("Value")


def at_once(asking: Coroutine[Any, Any, Value]) -> Value:
    """Return a coroutine's value without an event loop.

    The memory store answers without ever waiting, so a test may ask it from a plain assertion. Raises RuntimeError
    for a coroutine that waits.
    """
    try:
        asking.send(None)
    except StopIteration as end:
        value: Value = end.value
        return value
    asking.close()
    raise RuntimeError(f"{asking!r} waits for something: await it")
