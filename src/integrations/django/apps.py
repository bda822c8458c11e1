from __future__ import annotations

from functools import cached_property
from typing import Any

from django.apps import AppConfig
from django.core.signals import setting_changed

from backstage.integrations.blocking_container import BlockingContainer
from backstage.integrations.django.project_settings import SETTING, project_settings


class BackstageConfig(AppConfig):
    """Holds the process's one connection to the store, made when it is first used."""

    name = "backstage.integrations.django"
    label = "backstage"
    verbose_name = "Backstage"

    @cached_property
    def container(self) -> BlockingContainer:
        return BlockingContainer(**project_settings())

    def ready(self) -> None:
        setting_changed.connect(self._forget, dispatch_uid="backstage")

    def _forget(self, *, setting: str, **_: Any) -> None:
        """A test overrides the setting: what comes next goes to the store that it names."""
        if setting == SETTING and "container" in vars(self):
            self.container.close()
            del self.container
