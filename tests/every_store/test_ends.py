"""The end of a run is kept until the store has taken it, whatever the store answers meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from backstage.domain.errors import ConfigurationError
from tests.every_store.conftest import OneStore
from tests.worker.workers import finish

ERRORS = [ConfigurationError("store", "the server is read-only"), PermissionError("the login is refused")]


@pytest.mark.parametrize("is_write_refused", [True, False], ids=["nothing is written", "no end is written"])
async def test_no_run_begins_again_because_its_end_was_not_taken(store: OneStore, is_write_refused: bool) -> None:
    worker = store.worker(until_idle=True, concurrency=4, lease=30.0)
    ran: list[int] = []

    @worker.on("t")
    async def runs(payload: int) -> None:
        ran.append(payload)

    for number in range(12):
        await worker.enqueue("t", number)
    queue = worker.backstage.backend.queue
    for method in ("settle", "claim", *(["renew"] if is_write_refused else [])):
        setattr(queue, method, _failing(getattr(queue, method), list(ERRORS)))
    await finish(worker)
    assert sorted(ran) == list(range(12))
    assert (await worker.backstage.get_task_stats()).completed == 12


def _failing(call: Callable[..., Awaitable[Any]], errors: list[Exception]) -> Callable[..., Awaitable[Any]]:
    """Succeeds once, then fails with each of the errors; afterwards it works."""
    calls = 0

    async def failing(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > 1 and errors:
            raise errors.pop()
        return await call(*arguments, **options)

    return failing
