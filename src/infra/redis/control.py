from __future__ import annotations

from uuid import uuid4

from backstage.domain.ports.queue_control import Pause
from backstage.infra.redis.client import Client
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.pause_notes import PauseNotes, note_text, noted


class RedisControl:
    """QueueControl over one hash, with a second one for who paused what and why."""

    def __init__(self, client: Client, directory: Directory) -> None:
        self._client, self._directory = client, directory
        self._notes = PauseNotes(client)

    async def pause(self, kind: str, name: str, *, by: str | None = None, reason: str | None = None) -> bool:
        return await self._change("pause", kind, name, note_text(by, reason))

    async def resume(self, kind: str, name: str) -> bool:
        return await self._change("resume", kind, name)

    async def paused(self) -> list[Pause]:
        pauses = (await self._directory.control()).paused()
        return noted(pauses, await self._notes.all()) if pauses else pauses

    async def _change(self, script: str, kind: str, name: str, *more: str) -> bool:
        argument = [f"{kind}:{name}", uuid4().hex, *more]
        return bool(await self._client.run(script, self._client.keys.store, argument))
