"""Which mail server the worker hands its messages to: read when a message is sent."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import DirectoryPath, Field, FilePath, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from backstage.domain.errors import ConfigurationError
from backstage.worker.handlers.email_address import EmailAddress
from backstage.worker.handlers.handler_variables import DOTENV_FILE


class SmtpTls(StrEnum):
    NONE = "none"
    STARTTLS = "starttls"  # required: a server that does not offer it gets no message
    TLS = "tls"


_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_PORTS = {SmtpTls.NONE: 25, SmtpTls.STARTTLS: 587, SmtpTls.TLS: 465}


class SmtpSettings(BaseSettings):
    """BACKSTAGE_SMTP_HOST, _PORT, _USERNAME, _PASSWORD or _PASSWORD_FILE, _FROM, _TLS, _CA_FILE, _TIMEOUT and
    _ATTACHMENTS.

    `timeout` is seconds for each step of the conversation. `sender` (`_FROM`) is used when a message names none.
    `attachments` is the only directory that files are read from; without it, messages with attachments are refused.
    """

    model_config = SettingsConfigDict(
        env_prefix="BACKSTAGE_SMTP_",
        env_file=DOTENV_FILE,
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    host: str = ""
    port: int | None = Field(default=None, ge=1, le=65535)
    username: str | None = None
    password: SecretStr | None = None
    password_file: FilePath | None = None
    sender: EmailAddress | None = Field(default=None, validation_alias="BACKSTAGE_SMTP_FROM")
    tls: SmtpTls = SmtpTls.STARTTLS
    ca_file: FilePath | None = None
    timeout: float = Field(default=30.0, gt=0, le=600)
    attachments: DirectoryPath | None = None

    @model_validator(mode="after")
    def _check_login(self) -> Self:
        if not self.host:
            raise ConfigurationError("BACKSTAGE_SMTP_HOST", "is not set: name the mail server")
        has_password = self.password is not None or self.password_file is not None
        if has_password != (self.username is not None):
            raise ConfigurationError("BACKSTAGE_SMTP_USERNAME", "and a password (or its file) must be given together")
        if has_password and self.tls is SmtpTls.NONE and self.host not in _THIS_MACHINE:
            raise ConfigurationError(
                "BACKSTAGE_SMTP_TLS", "is none, but a password must not cross a network unencrypted"
            )
        return self

    @property
    def port_in_use(self) -> int:
        return self.port or _PORTS[self.tls]

    def read_password(self) -> str | None:
        """The file is read anew each time, so that a rotated password is picked up. Raises ConfigurationError."""
        if self.password_file is None:
            return None if self.password is None else self.password.get_secret_value()
        try:
            return self.password_file.read_text().strip()
        except OSError as error:
            raise ConfigurationError("BACKSTAGE_SMTP_PASSWORD_FILE", f"cannot be read: {error.strerror}") from None
