"""TLS that cannot be: files that are missing or wrong, and TLS that a URL and its server do not both speak."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

from backstage.domain.errors import ConfigurationError
from backstage.infra.redis.location import Location
from backstage.infra.tls_files import TlsFile, check_tls_files

_PATIENCE = 2.0
"""Seconds that a server gets to show which of the two it speaks."""


def check_tls(location: Location) -> None:
    """Raises ConfigurationError for a file that is missing or wrong."""
    tls = location.tls or {}
    authority, certificate, key = (
        TlsFile(name, tls[name]) if tls.get(name) else None for name in ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
    )
    check_tls_files(
        location.url, authorities=(authority,) if authority is not None else (), certificate=certificate, key=key
    )


async def check_speech(location: Location) -> None:
    """Ask the servers of a URL that does not answer whether they speak the other way, in the clear or by TLS.

    Raises ConfigurationError for one that does: it never answers, so it looks like an outage.
    """
    await asyncio.gather(*(_check_speech_of(host, port, location) for host, port in location.hosts))


async def _check_speech_of(host: str, port: int, location: Location) -> None:
    speaks_otherwise = False
    with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
        async with asyncio.timeout(min(_PATIENCE, location.socket_timeout)):
            speaks_otherwise = await (_speaks_tls if location.tls is None else _speaks_in_the_clear)(host, port)
    if speaks_otherwise:
        problem = (
            "speaks TLS: begin the URL with rediss"
            if location.tls is None
            else "does not speak TLS: begin the URL with redis, or set TLS up there"
        )
        raise ConfigurationError(location.url, f"the server at {host}:{port} {problem}")


async def _speaks_tls(host: str, port: int) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        _, writer = await asyncio.open_connection(host, port, ssl=context)
    except ssl.SSLError as error:
        return error.reason is not None and "ALERT" in error.reason  # it speaks TLS, and refuses ours
    await _closed(writer)
    return True


async def _speaks_in_the_clear(host: str, port: int) -> bool:
    """Whatever it may answer to a ping: that it is there, or that nobody has logged in."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(b"PING\r\n")
        return (await reader.readexactly(1)) in (b"+", b"-")
    finally:
        await _closed(writer)


async def _closed(writer: asyncio.StreamWriter) -> None:
    """At once: there is nothing more to say, and who speaks otherwise does not understand a farewell."""
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
