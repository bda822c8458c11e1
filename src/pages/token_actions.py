"""Revoking a token."""

from __future__ import annotations

import shlex

from backstage.domain.errors import TokenNotFoundError
from backstage.domain.token import Token
from backstage.pages.action import Action, Question
from backstage.pages.moments import relative
from backstage.pages.said import Said
from backstage.pages.visit import Visit


async def _asked_for(visit: Visit) -> Token:
    token_id = visit.given("token")
    for token in await visit.use_cases.list_tokens():
        if token.id == token_id:
            return token
    raise TokenNotFoundError(token_id)


async def _ask_revoke(visit: Visit) -> Question:
    token = await _asked_for(visit)
    used = "never used" if token.last_used_at is None else f"last used {relative(token.last_used_at, visit.now)}"
    return Question(
        title=f"Revoke the token {token.name}?",
        consequence=f"Whoever has it is refused at once. It was {used}. This cannot be undone.",
        button="Revoke the token",
        command=f"backstage tokens revoke {shlex.quote(token.id)}",
        is_destructive=True,
        back="/tokens",
    )


async def _revoke(visit: Visit) -> Said:
    token = await _asked_for(visit)
    await visit.use_cases.revoke_token(token.id)
    return Said(f"Revoked the token {token.name}")


TOKEN_ACTIONS = {"revoke-token": Action(ask=_ask_revoke, do=_revoke, role="admin")}
