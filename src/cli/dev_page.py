"""The pages that run beside a worker of `backstage dev` or `backstage demo`."""

from __future__ import annotations

import socket
import sys
from importlib.util import find_spec

from backstage.domain.distribution import DISTRIBUTION

_USUAL = ("127.0.0.1", 8420)


def page_command(url: str | None, http: str | None) -> list[str] | None:
    """The arguments of `backstage web`, None where its packages are not installed. Without `http` the usual port of
    this host is taken, or any other where that is in use."""
    if find_spec("fastapi") is None or find_spec("uvicorn") is None or find_spec("jinja2") is None:
        print(f"backstage: for the pages: pip install '{DISTRIBUTION}[web]'", file=sys.stderr)
        return None
    address = http or f"{_USUAL[0]}:{_USUAL[1] if _is_free() else 0}"
    return ["web", *([] if url is None else ["--url", url]), "--http", address]


def _is_free() -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(_USUAL)
        except OSError:
            return False
    return True
