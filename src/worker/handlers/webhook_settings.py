"""What webhooks may do here: read from the environment when one is delivered."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from pathlib import Path

from pydantic import FilePath, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from backstage.domain.errors import ConfigurationError

VARIABLE_PREFIX = "BACKSTAGE_WEBHOOK_SECRET"
_SHORTEST_SECRET = 16


class WebhookSettings(BaseSettings):
    """BACKSTAGE_WEBHOOK_ALLOW_PRIVATE, _ALLOW_HTTP and _CA_FILE.

    `allow_private` lets webhooks reach every address that this machine reaches: only where whoever can enqueue a
    task may do that too. `ca_file` names the authorities to trust instead of the usual ones.
    """

    model_config = SettingsConfigDict(
        env_prefix="BACKSTAGE_WEBHOOK_", env_ignore_empty=True, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    allow_private: bool = False
    allow_http: bool = False
    ca_file: FilePath | None = None

    @classmethod
    def from_environment(cls) -> WebhookSettings:
        """Raises ConfigurationError naming the variable."""
        try:
            return cls()
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            raise ConfigurationError(f"BACKSTAGE_WEBHOOK_{str(first['loc'][0]).upper()}", first["msg"]) from None

    def tls_context(self) -> ssl.SSLContext:
        return _tls_context(self.ca_file)


def read_secret(variable: str) -> str:
    """Return a signing secret. The payload may name only variables that exist for this purpose.

    Raises ConfigurationError when it is not set, or shorter than 16 characters.
    """
    assert variable.startswith(VARIABLE_PREFIX)
    secret = os.environ.get(variable, "").strip()
    if len(secret) < _SHORTEST_SECRET:
        raise ConfigurationError(variable, f"must be set to a secret of {_SHORTEST_SECRET} characters or more")
    return secret


@lru_cache(maxsize=4)
def _tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Kept, since loading the authorities costs more CPU than the delivery."""
    return ssl.create_default_context(cafile=ca_file)
