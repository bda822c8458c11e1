from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backstage.infra.settings.settings import Settings


def load_settings(**overrides: Any) -> Settings:
    """What `Settings.load` does, for modules that are imported before anybody needs a setting: loading the class and
    its library takes as long as all the rest of `from backstage import Worker`."""
    from backstage.infra.settings.settings import Settings  # noqa: PLC0415

    return Settings.load(**overrides)
