"""The two files that settings are read from, both in the working directory and both optional."""

from __future__ import annotations

from typing import Any

from backstage.domain.errors import ConfigurationError
from backstage.infra.settings.store_url import DOTENV_FILE, TOML_FILE


def read_dotenv() -> dict[str, str | None]:
    """Raises ConfigurationError for a file that cannot be read."""
    if not DOTENV_FILE.is_file():
        return {}
    from dotenv import dotenv_values  # noqa: PLC0415 - for those who have such a file

    try:
        return dotenv_values(DOTENV_FILE)
    except (OSError, ValueError) as error:
        raise ConfigurationError(str(DOTENV_FILE), f"cannot be read: {error}") from None


def read_toml() -> dict[str, Any]:
    """Raises ConfigurationError for a file that cannot be read, or is no TOML."""
    if not TOML_FILE.is_file():
        return {}
    import tomllib  # noqa: PLC0415 - for those who have such a file

    try:
        return tomllib.loads(TOML_FILE.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(str(TOML_FILE), f"cannot be read: {error}") from None
