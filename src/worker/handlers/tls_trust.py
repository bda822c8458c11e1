"""Whose certificates a handler believes."""

from __future__ import annotations

import ssl
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=8)
def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """Verify certificates and names, by the system's authorities or by those in `ca_file`.

    Kept from call to call, since loading the system's authorities costs more CPU than a delivery. A changed
    `ca_file` needs a restart of the worker.
    """
    return ssl.create_default_context(cafile=ca_file)
