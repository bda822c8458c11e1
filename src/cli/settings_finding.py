"""What `backstage doctor` says of the settings that a worker would start with here."""

from __future__ import annotations

from backstage.domain.errors import ConfigurationError
from backstage.domain.finding import Finding, Severity
from backstage.infra.settings.settings import Settings

_NAME = "settings"


def settings_findings(url: str | None) -> list[Finding]:
    """`url` is the one of the command line, which wins over all others."""
    try:
        settings = Settings.load(url=url)
    except ConfigurationError as error:
        return [Finding(_NAME, Severity.ERROR, str(error), "correct it, because a worker does not start with it")]
    if not settings.unknown:
        return [Finding(_NAME, Severity.OK, "every BACKSTAGE_ variable and every key of backstage.toml is known")]
    remedy = "correct the name, or remove it; backstage config show lists all settings"
    return [Finding(_NAME, Severity.WARNING, str(each), remedy) for each in settings.unknown]
