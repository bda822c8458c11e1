from __future__ import annotations

from datetime import datetime
from typing import Protocol

from backstage.domain.token import Token


class Tokens(Protocol):
    """The tokens of the HTTP API, by the digest of their secret. Errors are those of TaskRepository."""

    async def put(self, token: Token, digest: str) -> None: ...

    async def find(self, digest: str) -> Token | None:
        """None for one that was never made, that was deleted, or that cannot be read here."""
        ...

    async def used(self, token_id: str, at: datetime) -> None:
        """Remember that it was used; nothing for one that is gone."""
        ...

    async def delete(self, token_id: str) -> bool:
        """False if there was none."""
        ...

    async def all(self) -> list[Token]:
        """Oldest first. Those that cannot be read here are left out."""
        ...
