from __future__ import annotations

from backstage.domain.ports.queue_control import Pause
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.link import Link


class RedisControl:
    """QueueControl over one hash."""

    def __init__(self, link: Link, directory: Directory) -> None:
        self._link, self._directory = link, directory

    async def pause(self, kind: str, name: str) -> bool:
        return bool(await self._link.run("pause", self._link.keys.store, [f"{kind}:{name}"]))

    async def resume(self, kind: str, name: str) -> bool:
        return bool(await self._link.run("resume", self._link.keys.store, [f"{kind}:{name}"]))

    async def paused(self) -> list[Pause]:
        return (await self._directory.control()).paused()
