from __future__ import annotations

from uuid import uuid4

from backstage.domain.ports.queue_control import Pause
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.link import Link


class RedisControl:
    """QueueControl over one hash."""

    def __init__(self, link: Link, directory: Directory) -> None:
        self._link, self._directory = link, directory

    async def pause(self, kind: str, name: str) -> bool:
        return await self._change("pause", kind, name)

    async def resume(self, kind: str, name: str) -> bool:
        return await self._change("resume", kind, name)

    async def paused(self) -> list[Pause]:
        return (await self._directory.control()).paused()

    async def _change(self, script: str, kind: str, name: str) -> bool:
        return bool(await self._link.run(script, self._link.keys.store, [f"{kind}:{name}", uuid4().hex]))
