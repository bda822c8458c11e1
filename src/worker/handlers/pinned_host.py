"""From a host's name to the addresses that may be connected to, looked up once."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address

from backstage.domain.handler_signals import GiveUp
from backstage.worker.handlers.public_address import is_public

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Name and port to addresses, the best first. Raises OSError when there are none."""

_THIS_MACHINE = re.compile(r"(?:.*\.)?localhost\.?", re.IGNORECASE)
_ENDS_IN_A_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?", re.IGNORECASE)


class ForbiddenAddress(GiveUp):
    """The host leads, or may lead, into a network that webhooks have no business in."""


async def resolve_by_system(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def resolve_public(host: str, port: int, resolve: Resolve = resolve_by_system) -> list[str]:
    """Return the host's addresses when every one of them is public.

    The caller connects to these and never looks the name up again: a name that changes its mind between check
    and use (DNS rebinding) gains nothing. Raises ForbiddenAddress, or OSError when the look-up fails.
    """
    if _THIS_MACHINE.fullmatch(host):
        raise ForbiddenAddress(f"{host} is this machine")
    _refuse_disguised_number(host)
    addresses = await resolve(host, port)
    for address in addresses:
        if not is_public(address):
            raise ForbiddenAddress(f"{host} leads to {address}, which is not a public address")
    return addresses


def _refuse_disguised_number(host: str) -> None:
    """2130706433, 0x7f.1 and 0177.0.0.1 are 127.0.0.1 to some resolvers and names to others."""
    if not _ENDS_IN_A_NUMBER.fullmatch(host):
        return
    try:
        IPv4Address(host)
    except ValueError:
        raise ForbiddenAddress(f"{host} is a number in disguise: write an address as four decimal numbers") from None
