"""The variables of the built-in handlers are known, so that none of them is taken for a slip."""

from __future__ import annotations

from pydantic_settings import BaseSettings

from backstage.infra.settings.unknown_settings import SMTP_VARIABLES, WEBHOOK_SECRET, WEBHOOK_VARIABLES
from backstage.worker.handlers.smtp_settings import SmtpSettings
from backstage.worker.handlers.webhook_settings import VARIABLE_PREFIX, WebhookSettings


def variables(settings_class: type[BaseSettings]) -> set[str]:
    prefix = settings_class.model_config["env_prefix"]
    return {str(field.validation_alias or prefix + name.upper()) for name, field in settings_class.model_fields.items()}


def test_the_variables_of_the_mail_handler_are_known() -> None:
    assert variables(SmtpSettings) == SMTP_VARIABLES


def test_the_variables_of_the_webhook_handler_are_known() -> None:
    assert variables(WebhookSettings) == WEBHOOK_VARIABLES
    assert VARIABLE_PREFIX == WEBHOOK_SECRET
