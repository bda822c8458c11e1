from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from backstage.domain.errors import ConfigurationError

SETTING = "BACKSTAGE"


def project_settings() -> dict[str, Any]:
    """Return the project's setting BACKSTAGE as overrides for Settings.load. Raises ConfigurationError."""
    given = getattr(settings, SETTING, {})
    if not isinstance(given, Mapping):
        raise ConfigurationError(SETTING, f"is of type {type(given).__name__}: make it a dictionary like {{'URL': …}}")
    for key in given:
        if key != str(key).upper():
            raise ConfigurationError(SETTING, f"has the key {key!r}: write it in capitals")
    return {key.lower(): value for key, value in given.items()}
