from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Unpack

from backstage.infra.settings.setting_options import SettingOptions

if TYPE_CHECKING:
    from backstage.infra.settings.settings import Settings


def load_settings(
    *, url: str | None = None, queues: str | Collection[str] | None = None, **settings: Unpack[SettingOptions]
) -> Settings:
    """What `Settings.load` does, for modules that are imported before anybody needs a setting: loading the class and
    its library takes as long as all the rest of `from backstage import Worker`."""
    from backstage.infra.settings.settings import Settings  # noqa: PLC0415

    return Settings.load(url=url, queues=queues, **settings)
