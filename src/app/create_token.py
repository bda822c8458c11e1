from __future__ import annotations

from datetime import timedelta

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.identity import Role
from backstage.domain.limits import check_seconds, check_text, shown
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.tokens import Tokens
from backstage.domain.token import NewToken, Token, digest_of, new_secret

_LONGEST_NAME = 128
_ID_DIGITS = 12


class CreateToken:
    """Make a token for the HTTP API and return it with its secret, which is told this once and not stored.

    `expires_in` is seconds from now; None: it is good until it is revoked. Raises InvalidTaskDataError.
    """

    def __init__(self, tokens: Tokens, clock: Clock) -> None:
        self._tokens, self._clock = tokens, clock

    async def __call__(
        self,
        name: str,
        role: Role | str = Role.VIEWER,
        *,
        may_read_payloads: bool = False,
        expires_in: float | None = None,
        created_by: str = "",
    ) -> NewToken:
        now, secret = self._clock.now(), new_secret()
        seconds = None if expires_in is None else check_seconds("expires_in", expires_in, least=1.0)
        token = Token(
            id=digest_of(secret)[:_ID_DIGITS],
            name=_name(name),
            role=_role(role),
            may_read_payloads=may_read_payloads,
            created_at=now,
            created_by=created_by,
            expires_at=None if seconds is None else now + timedelta(seconds=seconds),
        )
        await self._tokens.put(token, digest_of(secret))
        return NewToken(token, secret)


def _name(name: str) -> str:
    """It stands in the audit log and on terminals, where what is not shown could make it look like another's."""
    if not check_text("name", name, _LONGEST_NAME).isprintable():
        raise InvalidTaskDataError.of("name", f"{shown(name)} has a character that is not shown: leave it out")
    return name


def _role(role: str) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise InvalidTaskDataError.of("role", f"{shown(role)} is not a role: use {', '.join(Role)}") from None
