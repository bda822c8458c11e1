"""Who paused what, and why, in a hash of its own: what earlier releases keep of a pause has no room for it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress

from backstage.domain.ports.queue_control import Pause
from backstage.infra.moments import from_micros, to_micros
from backstage.infra.redis.client import Client


def note_text(by: str | None, reason: str | None) -> str:
    return json.dumps([by, reason], ensure_ascii=False)


class PauseNotes:
    """Each note says which pause it is about, by its moment: an earlier release pauses and resumes without it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def all(self) -> Mapping[tuple[str, str], Pause]:
        """By kind and name, those of pauses that are over among them."""
        return pauses_of(await self._client.command("HGETALL", self._client.keys.pause_notes))

    async def find(self, kind: str, name: str) -> Pause | None:
        line = await self._client.command("HGET", self._client.keys.pause_notes, f"{kind}:{name}")
        return pauses_of({f"{kind}:{name}".encode(): line}).get((kind, name)) if line is not None else None

    async def put(self, pause: Pause) -> None:
        line = f"{to_micros(pause.since)} {note_text(pause.by, pause.reason)}"
        await self._client.command("HSET", self._client.keys.pause_notes, f"{pause.kind}:{pause.name}", line)

    async def delete(self, kind: str, name: str) -> None:
        await self._client.command("HDEL", self._client.keys.pause_notes, f"{kind}:{name}")


def pauses_of(lines: Mapping[bytes, bytes]) -> dict[tuple[str, str], Pause]:
    """Return the notes from what lies in the hash; what somebody else has written there is left out."""
    found = {}
    for key, line in lines.items():
        with suppress(ValueError):
            kind, _, name = key.decode().partition(":")
            since, _, note = line.decode().partition(" ")
            by, reason = json.loads(note)
            found[kind, name] = Pause(kind, name, from_micros(int(since)), by, reason)
    return found


def noted(pauses: Iterable[Pause], notes: Mapping[tuple[str, str], Pause]) -> list[Pause]:
    """Return the pauses with their notes, where there are some."""
    told = [(pause, notes.get((pause.kind, pause.name))) for pause in pauses]
    return [note if note is not None and note.since == pause.since else pause for pause, note in told]
