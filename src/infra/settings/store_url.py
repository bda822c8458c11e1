"""Which store is meant when nobody names one, found without loading all settings where that is possible."""

from __future__ import annotations

import os
from pathlib import Path

DEFAULT_URL = "sqlite:///backstage.db"
DOTENV_FILE = Path(".env")
TOML_FILE = Path("backstage.toml")
_OF_REDIS = ("REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD", "REDIS_DB")


def store_url() -> str:
    """Return what `Settings.load().url` would be.

    The settings library takes longer to load than a light command may take in all, so it is loaded only where
    something beside BACKSTAGE_URL could decide. Raises ConfigurationError, and then for any setting that is wrong.
    """
    named = os.environ.get("BACKSTAGE_URL")
    if named:
        return named
    if named is None and not (
        any(os.environ.get(name) for name in _OF_REDIS)
        or _mentions(DOTENV_FILE, b"BACKSTAGE_URL", *(name.encode() for name in _OF_REDIS))
        or _mentions(TOML_FILE, b"url")
    ):
        return DEFAULT_URL
    from backstage.infra.settings.settings import Settings  # noqa: PLC0415 - the slow way

    return Settings.load().url


def _mentions(file: Path, *names: bytes) -> bool:
    """Whether a file may set one of the names; one that cannot be read may, and its reader says what is wrong."""
    try:
        text = file.read_bytes()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return any(name in text for name in names)
