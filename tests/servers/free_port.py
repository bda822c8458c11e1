"""Ports for servers that are stopped and started again."""

from __future__ import annotations

import random
import socket

FIRST, LAST = 16_000, 32_000
"""Below the ports that the kernel gives to clients: one of them could take the port of a stopped server, and a client
that tries again and again on such a port may even be connected to itself."""


def free_port() -> int:
    """Return a port of the loopback that is free now. Another process may be faster: try again with another one."""
    for _ in range(1000):
        port = random.randint(FIRST, LAST)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port between {FIRST} and {LAST}")
