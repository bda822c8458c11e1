"""What the overview says of a type that failed."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote_plus

import httpx
import pytest

from backstage.domain.failure import Failure
from backstage.domain.failure_group import FailureSighting
from backstage.domain.fingerprint import fingerprint
from backstage.domain.history import HistoryPoint, HistoryRow
from backstage.domain.ports.run_history import HistoryBatch
from backstage.domain.ports.task_queue import ClaimRequest
from backstage.domain.retry_policy import RetryPolicy
from backstage.domain.task import Task
from backstage.infra.container import Container

FAILURE = Failure("ZeroDivisionError", "division by zero", "")


def sighting(at: datetime, *task_ids: str) -> FailureSighting:
    return FailureSighting(
        fingerprint=fingerprint("invoice:total", FAILURE).id,
        task_type="invoice:total",
        error=FAILURE.type,
        line="",
        message=FAILURE.message,
        tasks=18,
        runs=18,
        at=at,
        task_ids=task_ids,
    )


async def claimed(store: Container) -> Task:
    request = ClaimRequest(
        worker_id="w", types=frozenset({"invoice:total"}), queues={"default": 0}, limit=1, lease=60.0
    )
    [task] = (await store.backend.queue.claim(request)).tasks
    return task


async def test_a_failure_is_told_as_mended_when_the_task_that_failed_last_has_run_since(
    client: httpx.AsyncClient, store: Container
) -> None:
    await store.enqueue("invoice:total", {}, max_attempts=1)
    task = await claimed(store)
    await store.backend.queue.settle([task.failed(FAILURE, RetryPolicy(), 0.5)])
    seen = sighting(store.clock.now(), task.id)
    await store.backend.history.add(HistoryBatch(writer="w", number=1, sightings=(seen,)))
    opened = f"/failures?open={seen.fingerprint}"
    for path in ("/failures", opened):
        assert f"/act/retry?back={quote_plus(path)}&amp;task={task.id}" in (await client.get(path)).text
    html = (await client.get(opened)).text
    assert f"q=type%3Ainvoice%3Atotal+fingerprint%3A{seen.fingerprint}" in html
    assert "Retry 1<" in html
    assert "has run since" not in html
    await store.retry_task(task.id)
    await store.backend.queue.settle([(await claimed(store)).completed("null")])
    html = (await client.get(opened)).text
    assert "has run since" in html
    assert "/act/retry" not in html


@pytest.mark.parametrize(
    ("well", "told"),
    [
        (30, "failed: 18 of 66 attempts in the last hour, none of the 30 since"),
        (6, "fails: 18 of 42 attempts in the last hour"),
    ],
)
async def test_a_type_that_runs_well_again_does_not_fail_any_more(
    client: httpx.AsyncClient, store: Container, well: int, told: str
) -> None:
    await store.enqueue("invoice:total", {})
    now = store.clock.now().replace(second=0, microsecond=0)
    points = (
        HistoryPoint(at=now - timedelta(minutes=9), claimed=36, completed=18, failed=18),
        HistoryPoint(at=now - timedelta(minutes=2), claimed=well, completed=well),
    )
    rows = tuple(HistoryRow("default", "invoice:total", point) for point in points)
    await store.backend.history.add(HistoryBatch(writer="w", number=1, rows=rows, sightings=(sighting(points[0].at),)))
    assert told in (await client.get("/")).text
