from __future__ import annotations

from dataclasses import replace
from typing import Any

from backstage.domain.subscription import Subscription
from backstage.domain.worker_info import WorkerInfo
from backstage.infra.release import release
from backstage.worker import log_events
from tests.worker.workers import Workers, memory, until, until_some


async def test_a_beat_tells_the_lease_and_the_release(any_workers: Workers) -> None:
    worker = any_workers.new(lease=12.0)
    worker.on("t", lambda: None)
    await worker.start()
    [seen] = await until_some(worker.backstage.list_workers, 1)
    assert (seen.lease, seen.release, seen.is_lost, seen.is_gone) == (12.0, release(), False, False)


async def test_a_worker_that_durable_listeners_do_not_hear_from_is_told_of(workers: Workers) -> None:
    entries: list[Any] = []
    backend = memory()
    await backend.subscriptions.put(Subscription(name="alerts", events=("worker-task:failed",)))
    now = backend.clock.now()
    mine = WorkerInfo(
        id="new", host="h", pid=1, started_at=now, seen_at=now, concurrency=1, queues=(), types=(), release="1.0"
    )
    await backend.registry.beat(mine)
    await backend.registry.beat(replace(mine, id="old", release=None))
    worker = workers.over(backend, log_handler=entries.append)
    worker.on("t", lambda: None)
    await worker.start()
    await until(lambda: any(entry["event"] == log_events.OLDER_WORKER_SEEN for entry in entries))
    assert [entry["worker_id"] for entry in entries if entry["event"] == log_events.OLDER_WORKER_SEEN] == ["old"]
