from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from backstage.domain.token import Token
from backstage.infra.memory.store import MemoryStore


class MemoryTokens:
    """Tokens over a dict: digest -> token."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def put(self, token: Token, digest: str) -> None:
        with self._store.lock:
            self._store.tokens[digest] = token

    async def find(self, digest: str) -> Token | None:
        with self._store.lock:
            return self._store.tokens.get(digest)

    async def used(self, token_id: str, at: datetime) -> None:
        with self._store.lock:
            for digest, token in self._store.tokens.items():
                if token.id == token_id:
                    self._store.tokens[digest] = replace(token, last_used_at=at)

    async def delete(self, token_id: str) -> bool:
        with self._store.lock:
            digests = [digest for digest, token in self._store.tokens.items() if token.id == token_id]
            for digest in digests:
                del self._store.tokens[digest]
            return bool(digests)

    async def all(self) -> list[Token]:
        with self._store.lock:
            return sorted(self._store.tokens.values(), key=lambda token: (token.created_at, token.id))
