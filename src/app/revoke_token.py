from __future__ import annotations

from backstage.domain.errors import TokenNotFoundError
from backstage.domain.ports.tokens import Tokens


class RevokeToken:
    """Delete the token of that id: whoever has its secret is refused from now on. Raises TokenNotFoundError."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def __call__(self, token_id: str) -> None:
        if not await self._tokens.delete(token_id):
            raise TokenNotFoundError(token_id)
