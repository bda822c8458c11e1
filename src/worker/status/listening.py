"""A socket that is listened on, and serving it until cancelled."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from backstage.domain.errors import ConfigurationError

if TYPE_CHECKING:
    import uvicorn

BACKLOG = 64


async def serve(new_server: Callable[[], uvicorn.Server], listener: socket.socket) -> None:
    """Serve until cancelled; requests under way are answered."""
    server = new_server()
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await serving


def listening(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return socket.create_server(found[0][4][:2], family=found[0][0], backlog=BACKLOG)
    except OSError as error:
        raise ConfigurationError("http", f"cannot listen on {host}:{port}: {error.strerror or error}") from None
