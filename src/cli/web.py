from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from backstage.cli.command_parser import DONE, CommandParser
from backstage.cli.store import opened_use_cases
from backstage.domain.errors import ConfigurationError
from backstage.domain.extras import needing
from backstage.infra.settings.http_address import host_and_port, written
from backstage.worker.status.listening import listening, serve

_DEFAULT_ADDRESS = "127.0.0.1:8420"


def parser() -> CommandParser:
    options = CommandParser(
        "web",
        "Serve the pages and the HTTP API of the store. Where other hosts reach the address, a token is needed; where "
        "only this host does, as soon as there is one.",
    )
    options.add_argument(
        "--http", metavar="HOST:PORT", default=_DEFAULT_ADDRESS, help=f"where to listen; default: {_DEFAULT_ADDRESS}"
    )
    options.add_argument(
        "--root-path", metavar="PATH", default="", help="the path that a proxy has taken away, such as /tasks"
    )
    options.add_argument("--environment", metavar="NAME", help="shown on every page, such as production")
    return options


def run(arguments: Sequence[str]) -> int:
    known = parser()
    options = known.parse_args(arguments)
    try:
        host, port = host_and_port(options.http)
    except ValueError as error:
        known.error(f"--http: {error}")
    with needing("web", "web"):
        import backstage.api.app  # noqa: PLC0415 - both come with an extra
        import backstage.worker.status.web_server  # noqa: F401, PLC0415
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(options.url, host, port, options.root_path, options.environment))
    return DONE


async def _serve(url: str | None, host: str, port: int, root_path: str, environment: str | None) -> None:
    from backstage.api.app import backstage_app  # noqa: PLC0415 - no other command needs it
    from backstage.api.on_this_host import is_loopback, on_this_host  # noqa: PLC0415
    from backstage.worker.status.store_metrics import metrics_of  # noqa: PLC0415
    from backstage.worker.status.web_server import web_server  # noqa: PLC0415

    async with opened_use_cases(url) as use_cases:
        is_near = is_loopback(host)
        has_tokens = bool(await use_cases.list_tokens())
        if not (is_near or has_tokens):
            remedy = "make a token first (backstage tokens create NAME --role admin), or listen on 127.0.0.1"
            raise ConfigurationError("http", f"other hosts reach {host}, and nobody has a token: {remedy}")
        app = backstage_app(
            use_cases,
            authorize=on_this_host(use_cases) if is_near else None,
            environment=environment,
            metrics=metrics_of(use_cases.backend),
        )
        with listening(host, port) as listener:
            _say_where(host, listener, has_tokens)
            await serve(partial(web_server, app, root_path), listener)


def _say_where(host: str, listener: socket.socket, has_tokens: bool) -> None:
    address = written(host, listener.getsockname()[1])
    needed = "sign in with a token" if has_tokens else "open to everybody who reaches it"
    print(f"Backstage is at http://{address}/ ({needed}; stop it with Ctrl-C)", flush=True)
    if not has_tokens:
        remedy = "make a token before a proxy leads here: backstage tokens create NAME --role admin"
        print(f"backstage: whoever sits at this host may do everything; {remedy}", file=sys.stderr)
