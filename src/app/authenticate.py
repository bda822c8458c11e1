from __future__ import annotations

from datetime import timedelta

from backstage.domain.identity import Identity
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.tokens import Tokens
from backstage.domain.token import digest_of

_USE_IS_KEPT_TO = timedelta(hours=1)


class Authenticate:
    """Return whose secret of a token that is, or None for one that is unknown, revoked or expired."""

    def __init__(self, tokens: Tokens, clock: Clock) -> None:
        self._tokens, self._clock = tokens, clock

    async def __call__(self, secret: str) -> Identity | None:
        token = await self._tokens.find(digest_of(secret))
        now = self._clock.now()
        if token is None or token.has_expired(now):
            return None
        if token.last_used_at is None or now - token.last_used_at >= _USE_IS_KEPT_TO:
            await self._tokens.used(token.id, now)
        return token.identity
