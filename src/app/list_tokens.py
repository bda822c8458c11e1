from __future__ import annotations

from backstage.domain.ports.tokens import Tokens
from backstage.domain.token import Token


class ListTokens:
    """Return the tokens of the HTTP API, oldest first, also those that have expired."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def __call__(self) -> list[Token]:
        return await self._tokens.all()
