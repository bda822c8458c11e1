"""Who may do what, and who did what."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from backstage import AuditEntry, AuditPage, AuditQuery, Token
from examples.journal.step import KeptToken
from examples.journal.store import Store


class JournalAuditLog:
    """The audit log; entries are forgotten when the journal is written anew, and not shown before."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, entry: AuditEntry) -> None:
        with self._store.step():
            self._store.change(audit=[entry])

    async def find(self, query: AuditQuery) -> AuditPage:
        with self._store.lock:
            newest = sorted(self._store.kept_audit(), key=lambda entry: entry.id, reverse=True)
        behind = [entry for entry in newest if query.after is None or entry.id < query.after]
        return query.page_of(behind[: query.looks_at])


class JournalTokens:
    """Tokens, by the digest of their secret."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, token: Token, digest: str) -> None:
        with self._store.step():
            self._store.change(tokens=[KeptToken(digest, token)])

    async def find(self, digest: str) -> Token | None:
        with self._store.lock:
            return self._store.tokens.get(digest)

    async def used(self, token_id: str, at: datetime) -> None:
        with self._store.step():
            kept = [KeptToken(digest, replace(token, last_used_at=at)) for digest, token in self._with_id(token_id)]
            self._store.change(tokens=kept)

    async def delete(self, token_id: str) -> bool:
        with self._store.step():
            digests = [digest for digest, _ in self._with_id(token_id)]
            self._store.change(deleted_tokens=digests)
            return bool(digests)

    async def all(self) -> list[Token]:
        with self._store.lock:
            return sorted(self._store.tokens.values(), key=lambda token: (token.created_at, token.id))

    def _with_id(self, token_id: str) -> list[tuple[str, Token]]:
        return [(digest, token) for digest, token in self._store.tokens.items() if token.id == token_id]
