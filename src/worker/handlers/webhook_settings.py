"""What webhooks may do here: read when one is delivered."""

from __future__ import annotations

from pydantic import FilePath
from pydantic_settings import BaseSettings, SettingsConfigDict

from backstage.domain.errors import ConfigurationError
from backstage.worker.handlers.handler_variables import DOTENV_FILE, read_variable

VARIABLE_PREFIX = "BACKSTAGE_WEBHOOK_SECRET"
_SHORTEST_SECRET = 16


class WebhookSettings(BaseSettings):
    """BACKSTAGE_WEBHOOK_ALLOW_PRIVATE, _ALLOW_HTTP and _CA_FILE.

    `allow_private` lets webhooks reach every address that this machine reaches: only where whoever can enqueue a
    task may do that too. `ca_file` names the authorities to trust instead of the usual ones.
    """

    model_config = SettingsConfigDict(
        env_prefix="BACKSTAGE_WEBHOOK_",
        env_file=DOTENV_FILE,
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    allow_private: bool = False
    allow_http: bool = False
    ca_file: FilePath | None = None


def read_secret(variable: str) -> str:
    """Return a signing secret. The payload may name only variables that exist for this purpose.

    Raises ConfigurationError when it is not set, or shorter than 16 characters.
    """
    assert variable.startswith(VARIABLE_PREFIX)
    secret = (read_variable(variable) or "").strip()
    if len(secret) < _SHORTEST_SECRET:
        raise ConfigurationError(variable, f"must be set to a secret of {_SHORTEST_SECRET} characters or more")
    return secret
