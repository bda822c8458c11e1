"""Tokens: who may use the pages and the API, and making a new one."""

from __future__ import annotations

from starlette.responses import Response

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.identity import Role
from backstage.domain.token import NewToken
from backstage.pages.action import Action, Question
from backstage.pages.problem_page import refused
from backstage.pages.said import Said
from backstage.pages.visit import Visit

_LIVES = {"": None, "7d": 7 * 86_400.0, "30d": 30 * 86_400.0, "365d": 365 * 86_400.0}


async def tokens_page(visit: Visit) -> Response:
    if not visit.may("admin"):
        return refused(visit, "Your role does not allow this: it takes the role admin", 403)
    if visit.request.method == "GET":
        return await _shown(visit)
    try:
        made = await visit.use_cases.create_token(
            visit.given("name").strip(),
            visit.given("role", "viewer"),
            may_read_payloads=visit.given("payloads") == "yes",
            expires_in=_LIVES.get(visit.given("expires")),
            created_by=visit.identity.name if visit.identity else "",
        )
    except InvalidTaskDataError as error:
        return await _shown(visit, problem=error.fields[0].message)
    return await _shown(visit, made)


async def _shown(visit: Visit, made: NewToken | None = None, problem: str | None = None) -> Response:
    """The secret of a new one is in this answer and nowhere else."""
    return visit.render(
        "tokens.html",
        status=422 if problem else 200,
        cur="Tokens",
        title="Tokens",
        tokens=await visit.use_cases.list_tokens(),
        made=made,
        problem=problem,
        roles=list(Role),
        given=visit.given,
    )


async def _ask_revoke(visit: Visit) -> Question:
    token_id = visit.given("token")
    token = next((each for each in await visit.use_cases.list_tokens() if each.id == token_id), None)
    if token is None:
        raise InvalidTaskDataError.of("token", "there is none of that id: it was revoked already")
    return Question(
        title=f"Revoke the token of {token.name}?",
        consequence="Whoever uses it is let in no more, at once. This cannot be undone.",
        button="Revoke it",
        command=f"backstage tokens revoke {token_id}",
        is_destructive=True,
        back="/tokens",
    )


async def _revoke(visit: Visit) -> Said:
    await visit.use_cases.revoke_token(visit.given("token"))
    return Said("Revoked the token")


TOKEN_ACTIONS = {"revoke-token": Action(ask=_ask_revoke, do=_revoke, role="admin")}
