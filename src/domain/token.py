from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.identity import Identity, Role

PREFIX = "bst_"
"""What every secret begins with, so that scanners of published code find it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """Lets whoever has its secret use the HTTP API. The secret is not stored: only its digest is."""

    id: str
    name: str
    """Whose it is, or what for; what is done with it stands under this name in the audit log."""
    role: Role
    may_read_payloads: bool
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    """To the hour."""

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    @property
    def identity(self) -> Identity:
        """Who asks, when this token is shown."""
        return Identity(self.name, self.role, self.may_read_payloads)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made. This is the one time that its secret is told."""

    token: Token
    secret: str


def new_secret() -> str:
    """256 bits of chance, which nobody can guess however quick a guess is."""
    return PREFIX + secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
