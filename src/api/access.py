from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from backstage.api.admission import Asked
from backstage.api.documents import Document
from backstage.api.requests import NewTokenBody
from backstage.api.values import Moment
from backstage.domain.audit_entry import MOST_ENTRIES, AuditOutcome, AuditQuery
from backstage.domain.identity import Role

access = APIRouter(prefix="/v1", tags=["access"])
_Text = Annotated[str | None, Query(min_length=1, max_length=512, pattern=r"^[^\x00]*$")]


class IdentityDocument(Document):
    """Who asks."""

    name: str
    role: Role
    may_read_payloads: bool


class TokenDocument(Document):
    """A token, without its secret."""

    id: str
    name: str
    role: Role
    may_read_payloads: bool
    created_at: Moment
    created_by: str
    expires_at: Moment | None
    last_used_at: Moment | None
    """To the hour."""


class TokensDocument(Document):
    tokens: list[TokenDocument]


class NewTokenDocument(Document):
    """A token that was just made: its secret is told this once."""

    token: TokenDocument
    secret: str


class AuditEntryDocument(Document):
    """Somebody did something."""

    id: str
    at: Moment
    who: str
    action: str
    target: str
    tasks: int
    details: dict[str, Any]
    outcome: AuditOutcome
    """`begun` where nobody knows how it ended."""


class AuditPageDocument(Document):
    """Newest first. There may be more while `next_after` is set."""

    entries: list[AuditEntryDocument]
    next_after: str | None


@access.get("/me")
async def get_identity(asked: Asked) -> IdentityDocument:
    return IdentityDocument.model_validate(asked.identity)


@access.get("/tokens")
async def list_tokens(asked: Asked) -> TokensDocument:
    return TokensDocument(tokens=[TokenDocument.model_validate(each) for each in await asked.list_tokens()])


@access.post("/tokens", status_code=201)
async def create_token(asked: Asked, body: NewTokenBody) -> NewTokenDocument:
    new = await asked.create_token(
        body.name,
        body.role,
        may_read_payloads=body.may_read_payloads,
        expires_in=body.expires_in,
        created_by=asked.identity.name,
    )
    return NewTokenDocument(token=TokenDocument.model_validate(new.token), secret=new.secret)


@access.delete("/tokens/{token_id}", status_code=204)
async def revoke_token(asked: Asked, token_id: Annotated[str, Path(pattern=r"^[^\x00]*$", max_length=128)]) -> None:
    """Refuse the token from now on."""
    await asked.revoke_token(token_id)


@access.get("/audit")
async def list_audit(
    asked: Asked,
    who: _Text = None,
    action: _Text = None,
    target: _Text = None,
    limit: Annotated[int, Query(ge=1, le=MOST_ENTRIES)] = 50,
    after: _Text = None,
) -> AuditPageDocument:
    """What was done, newest first."""
    query = AuditQuery(who=who, action=action, target=target, limit=limit, after=after)
    return AuditPageDocument.model_validate(await asked.list_audit(query))
