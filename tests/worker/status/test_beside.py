"""The API and the pages that a worker serves beside its status."""

from __future__ import annotations

import httpx

from backstage import Role, Worker
from backstage.worker.status.server import StatusServer


async def test_a_worker_serves_the_api_and_the_pages_beside_its_status() -> None:
    worker = Worker("memory://", silent=True)
    async with (
        StatusServer(worker, "127.0.0.1", 0, stuck_after=60) as status,
        worker,
        httpx.AsyncClient(timeout=30, base_url=f"http://127.0.0.1:{status.port}", follow_redirects=True) as client,
    ):
        body = {"type": "email:send", "scheduled_at": "2090-01-01T00:00:00Z"}
        assert (await client.post("/v1/tasks", json=body)).status_code == 201
        assert (await client.get("/v1/stats")).json()["pending"] == 1
        assert "email:send" in (await client.get("/tasks")).text
        async with client.stream("GET", "/v1/live") as live:
            lines = live.aiter_lines()
            assert (await anext(lines)).startswith("event: snapshot")
            assert '"email:send"' in await anext(lines)
        assert (await client.get("/health")).json()["worker_id"]
        assert "backstage_worker" in (await client.get("/metrics")).text
        await worker.backstage.create_token("ada", Role.ADMIN)
        assert (await client.get("/v1/stats")).status_code == 401
