"""What one awaited enqueue costs its caller, in calls of Python functions on the event loop's thread: neither the
machine nor its load changes those."""

from __future__ import annotations

from backstage import Container
from tests.every_store.conftest import OneStore
from tests.own_process import CountedCalls, in_own_process

CALLS = {"memory": 23, "sqlite": 71, "postgresql": 186, "redis": 89}
"""On each store. A figure may fall, and is then lowered here; whoever raises one says why."""
MARGIN, TIMES = 1.05, 20


def test_one_enqueue_takes_few_calls(store: OneStore) -> None:
    calls = in_own_process(calls_of_one_enqueue, store.url)
    assert calls <= CALLS[store.url.partition(":")[0]] * MARGIN, f"{calls} calls"


async def calls_of_one_enqueue(url: str) -> int:
    """The least of some, for hints to workers are sent beside others."""
    async with Container.open(url, silent=True) as container:
        for _ in range(3):  # whatever the first of its queue leaves to be done
            await container.enqueue("t", {"n": 1})
        return min([await _calls_of_one(container) for _ in range(TIMES)])


async def _calls_of_one(container: Container) -> int:
    with CountedCalls() as calls:
        await container.enqueue("t", {"n": 1})
    return calls.number
