from __future__ import annotations

from backstage.domain.configuration import Configuration, ShownSetting
from backstage.infra.redact_url import redact_url
from backstage.infra.release import release
from backstage.infra.settings.setting_origins import setting_origins
from backstage.infra.settings.settings import Settings


def configuration_of(settings: Settings) -> Configuration:
    """Raises ConfigurationError, as Settings.load does."""
    return Configuration(
        url=redact_url(settings.url),
        release=release(),
        settings=tuple(ShownSetting(each.name, each.text, str(each)) for each in setting_origins(settings)),
        unknown=tuple(map(str, settings.unknown)),
        retentions=settings.retentions(),
    )
