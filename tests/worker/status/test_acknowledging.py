"""That the store was emptied is told by /health until somebody says that he knows."""

from __future__ import annotations

import httpx
import pytest

from backstage import Worker
from backstage.infra.memory.backend import MemoryBackend
from backstage.worker.status.server import StatusServer
from tests.worker.workers import Workers, memory, until


@pytest.fixture
def store() -> MemoryBackend:
    return memory()


async def test_health_is_bad_after_the_store_was_emptied_until_it_is_acknowledged(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backstage.worker.runtime.beat.beat_interval", lambda lease: 0.05)
    workers = Workers("memory://")
    worker = workers.over(store)
    worker.on("t", lambda: None)
    try:
        async with StatusServer(worker, "127.0.0.1", 0, stuck_after=60) as status:
            await worker.start()
            async with httpx.AsyncClient(timeout=30, base_url=f"http://127.0.0.1:{status.port}") as client:
                await until(lambda: _problem(worker) is None)
                store._store.generation = "another"
                await until(lambda: "was emptied" in str(_problem(worker)))
                assert (await client.get("/health")).status_code == 503
                assert (await client.post("/health/acknowledge")).json() == {"acknowledged": True}
                assert (await client.get("/health")).status_code == 200
                assert (await client.get("/health/acknowledge")).status_code == 405
            await workers.stop()
    finally:
        await workers.stop()


def _problem(worker: Worker) -> str | None:
    return next(loop.problem() for loop in worker.vital_signs().loops if loop.name == "store")
