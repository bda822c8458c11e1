from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from backstage.cli.answer import iso, print_json
from backstage.cli.command_parser import DONE, CommandParser, seconds
from backstage.cli.store import existing_store, opened_store
from backstage.cli.table import print_table
from backstage.domain.identity import Role
from backstage.domain.time_texts import moment
from backstage.domain.token import NewToken, Token

_COLUMNS = ("id", "name", "role", "payloads", "created", "last used", "expires")


def parser() -> CommandParser:
    options = CommandParser("tokens", "Make, list and revoke tokens for the pages and the HTTP API.")
    options.add_argument("action", nargs="?", choices=("list", "create", "revoke"), default="list")
    options.add_argument("name", metavar="NAME", nargs="?", help="of the new token, or the id of the one to revoke")
    options.add_argument(
        "--role",
        choices=[role.value for role in Role],
        default=Role.VIEWER.value,
        help="of the new one; default: viewer",
    )
    options.add_argument("--payloads", action="store_true", help="the new one may read payloads and results")
    options.add_argument(
        "--expires-in", type=seconds, metavar="SECONDS", help="the new one is good so long: 90s, 5m, 2h, 7d"
    )
    options.add_json()
    return options


def run(arguments: Sequence[str]) -> int:
    known = parser()
    options = known.parse_args(arguments)
    if options.name is None and options.action != "list":
        known.error(f"name the token, as in: backstage tokens {options.action} ci")
    if options.name is not None and options.action == "list":
        known.error("list takes no name")
    with known.naming_options():
        match options.action:
            case "create":
                _show_secret(asyncio.run(_create(options)), options.json)
            case "revoke":
                asyncio.run(_revoke(options.url, options.name))
                print(f"token {options.name} is revoked")
            case _:
                _show(asyncio.run(_list(options.url)), options.json)
    return DONE


async def _create(options: argparse.Namespace) -> NewToken:
    async with opened_store(options.url) as store:
        return await store.create_token(
            options.name,
            options.role,
            may_read_payloads=options.payloads,
            expires_in=options.expires_in,
            created_by=store.identity.name,
        )


async def _revoke(url: str | None, token_id: str) -> None:
    async with opened_store(url) as store:
        await store.revoke_token(token_id)


async def _list(url: str | None) -> list[Token]:
    async with existing_store(url) as store:
        return await store.list_tokens()


def _show_secret(new: NewToken, as_json: bool) -> None:
    """The secret alone on standard output, so that a script can keep it."""
    if as_json:
        print_json({**_document(new.token), "secret": new.secret})
        return
    print(new.secret)
    sys.stdout.flush()
    print(f"backstage: token {new.token.id} is made; its secret is shown this once", file=sys.stderr)


def _show(tokens: Sequence[Token], as_json: bool) -> None:
    if as_json:
        print_json([_document(token) for token in tokens])
    else:
        print_table(_COLUMNS, [_row(token) for token in tokens], empty="no tokens")


def _document(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "role": token.role.value,
        "may_read_payloads": token.may_read_payloads,
        "created_at": iso(token.created_at),
        "created_by": token.created_by,
        "expires_at": None if token.expires_at is None else iso(token.expires_at),
        "last_used_at": None if token.last_used_at is None else iso(token.last_used_at),
    }


def _row(token: Token) -> tuple[str, ...]:
    payloads = "yes" if token.may_read_payloads else "no"
    moments = (moment(token.created_at), _or_never(token.last_used_at), _or_never(token.expires_at))
    return (token.id, token.name, token.role.value, payloads, *moments)


def _or_never(at: datetime | None) -> str:
    return "never" if at is None else moment(at)
