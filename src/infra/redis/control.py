from __future__ import annotations

from uuid import uuid4

from backstage.domain.ports.queue_control import Pause
from backstage.infra.redis.client import Client
from backstage.infra.redis.directory import Directory


class RedisControl:
    """QueueControl over one hash."""

    def __init__(self, client: Client, directory: Directory) -> None:
        self._client, self._directory = client, directory

    async def pause(self, kind: str, name: str) -> bool:
        return await self._change("pause", kind, name)

    async def resume(self, kind: str, name: str) -> bool:
        return await self._change("resume", kind, name)

    async def paused(self) -> list[Pause]:
        return (await self._directory.control()).paused()

    async def _change(self, script: str, kind: str, name: str) -> bool:
        return bool(await self._client.run(script, self._client.keys.store, [f"{kind}:{name}", uuid4().hex]))
