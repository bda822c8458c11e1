"""A token as JSON text, which is how every store keeps it. Its last use is kept beside it."""

from __future__ import annotations

import json
from datetime import datetime

from backstage.domain.identity import Role
from backstage.domain.token import Token


def token_document_of(token: Token) -> str:
    return json.dumps(
        {
            "id": token.id,
            "name": token.name,
            "role": token.role,
            "may_read_payloads": token.may_read_payloads,
            "created_at": token.created_at.isoformat(),
            "created_by": token.created_by,
            "expires_at": None if token.expires_at is None else token.expires_at.isoformat(),
        }
    )


def token_of(document: str, last_used_at: datetime | None) -> Token | None:
    """Return the token that `token_document_of` gave this text for, or None for a text that makes no sense here."""
    try:
        fields = json.loads(document)
        expires_at = fields["expires_at"]
        return Token(
            id=fields["id"],
            name=fields["name"],
            role=Role(fields["role"]),
            may_read_payloads=fields["may_read_payloads"] is True,
            created_at=datetime.fromisoformat(fields["created_at"]),
            created_by=fields["created_by"],
            expires_at=None if expires_at is None else datetime.fromisoformat(expires_at),
            last_used_at=last_used_at,
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
