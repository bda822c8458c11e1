"""The tokens of the HTTP API and of these pages: who has which, and a form that makes one."""

from __future__ import annotations

from starlette.responses import Response

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.identity import Role
from backstage.domain.token import NewToken
from backstage.pages.problem_page import not_allowed
from backstage.pages.visit import Visit

_DAY = 86_400.0
LIFETIMES = {"30": "30 days", "90": "90 days", "365": "One year", "": "Until it is revoked"}
"""Days, and what the form calls them."""
ROLES = {
    Role.VIEWER: "Looks at everything here",
    Role.OPERATOR: "Also stores, retries, cancels, pauses and resumes",
    Role.ADMIN: "Also deletes, puts schedules and makes tokens",
}
_FRESH = {"name": "", "role": Role.VIEWER.value, "days": "90", "payloads": ""}


async def tokens_page(visit: Visit) -> Response:
    if not visit.may("admin"):
        return not_allowed(visit, "admin")
    if visit.request.method == "GET":
        return await _shown(visit, _FRESH)
    values = {name: visit.given(name).strip() for name in _FRESH}
    try:
        made = await _made(visit, values)
    except InvalidTaskDataError as error:
        return await _shown(visit, values, problems={each.field: each.message for each in error.fields})
    return await _shown(visit, _FRESH, made=made)


async def _made(visit: Visit, values: dict[str, str]) -> NewToken:
    if values["days"] not in LIFETIMES:
        raise InvalidTaskDataError.of("expires_in", "choose one of the times")
    days = float(values["days"]) if values["days"] else None
    return await visit.use_cases.create_token(
        values["name"],
        values["role"],
        may_read_payloads=bool(values["payloads"]),
        expires_in=None if days is None else days * _DAY,
        created_by=visit.identity.name if visit.identity else "",
    )


async def _shown(
    visit: Visit, values: dict[str, str], *, made: NewToken | None = None, problems: dict[str, str] | None = None
) -> Response:
    return visit.render(
        "tokens.html",
        status=422 if problems else 200,
        cur="Tokens",
        title="Tokens",
        tokens=(await visit.use_cases.list_tokens())[::-1],
        made=made,
        values=values,
        problems=problems or {},
        roles=ROLES,
        lifetimes=LIFETIMES,
        may_give_payloads=visit.identity is None or visit.identity.may_read_payloads,
    )
