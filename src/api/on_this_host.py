"""Letting in whoever sits at this very machine, while nobody has made a token."""

from __future__ import annotations

import re
from ipaddress import ip_address

from starlette.requests import Request

from backstage.api.admission import Authorize
from backstage.app.use_cases import UseCases
from backstage.domain.identity import Identity, Role

_HOST = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::\d+)?|([0-9A-Za-z.-]+)(?::\d+)?")
_OF_A_PROXY = re.compile(r".*forwarded.*|x-real-ip|.+-client-ip|.+-connecting-ip|via")
LOCAL = Identity("local", Role.ADMIN)
"""Who that is."""


def on_this_host(container: UseCases) -> Authorize:
    """Return a login for an application that is served at an address which only this host reaches.

    Another site's page, whose name was made to lead here, is told by the `Host` that it asks for, and a proxy by its
    headers, or by the HTTP/1.0 that it speaks. A proxy that hides is not told: behind one, make a token. As soon as
    there is a token, everybody needs one.
    """

    async def authorize(request: Request) -> Identity | None:
        if not _comes_from_here(request) or await container.list_tokens():
            return None
        return LOCAL

    return authorize


def is_loopback(host: str) -> bool:
    """Whether only this host reaches that address."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _comes_from_here(request: Request) -> bool:
    asked_for = _host_of(request)
    is_near = request.client is not None and is_loopback(request.client.host)
    has_proxy = request.scope["http_version"] == "1.0" or any(map(_OF_A_PROXY.fullmatch, request.headers))
    return is_near and not has_proxy and asked_for is not None and is_loopback(asked_for)


def _host_of(request: Request) -> str | None:
    """What the one header `Host` names; None for whatever else may stand there."""
    hosts = request.headers.getlist("host")
    found = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
    return None if found is None else found[1] or found[2]
