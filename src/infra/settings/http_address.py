from __future__ import annotations

import re

_ADDRESS = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.%\w]+)\]|(?P<host>[^\s\[\]:/]+)):(?P<port>\d{1,5})")


def host_and_port(address: str) -> tuple[str, int]:
    """Split `127.0.0.1:9185` or `[::1]:9185`. Raises ValueError, whose text completes "NAME: ..."."""
    match = _ADDRESS.fullmatch(address.strip())
    if match is None or int(match["port"]) > 65_535:
        raise ValueError(
            f"{address!r} is not HOST:PORT: write it like 127.0.0.1:9185, or 0.0.0.0:9185 for every interface"
        )
    return match["v6"] or match["host"], int(match["port"])


def written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
