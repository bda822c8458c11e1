"""Where each setting has its value from."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from backstage.domain.deferred_dataclass import dataclass
from backstage.infra.redact_url import redact_url
from backstage.infra.settings.setting_files import read_toml
from backstage.infra.settings.settings import Settings
from backstage.infra.settings.variables import Variables, VariableSource


class Origin(StrEnum):
    """In order: the first that says something wins."""

    ARGUMENT = "argument"
    ENVIRONMENT = "environment"
    DOTENV = ".env"
    TOML = "backstage.toml"
    DEFAULT = "default"


_OF_SOURCES = {VariableSource.ENVIRONMENT: Origin.ENVIRONMENT, VariableSource.DOTENV: Origin.DOTENV}


@dataclass(frozen=True, slots=True)
class SettingOrigin:
    """`value` is the one in force, without passwords; `key` the name that it was given under, None for a default."""

    name: str
    value: Any
    origin: Origin
    key: str | None

    @property
    def text(self) -> str:
        """The value as the environment would have it."""
        match self.value:
            case None if self.name == "prefetch":
                return "auto"
            case None | ():
                return "none"
            case bool():
                return str(self.value).lower()
            case tuple():
                return ",".join(self.value)
            case float():
                return f"{self.value:.10g}"
        return str(self.value)

    def __str__(self) -> str:
        return self.origin.value if self.key is None else f"{self.origin.value} {self.key}"


def setting_origins(settings: Settings) -> list[SettingOrigin]:
    """Return every setting, in their order. Raises ConfigurationError as Settings.load does."""
    variables, document = Variables.read(), read_toml()

    def origin(name: str) -> tuple[Origin, str | None]:
        if name in settings.given:
            return Origin.ARGUMENT, name
        variable = variables.name_of(name)
        if variable is not None:
            return _OF_SOURCES[variables.source_of(variable)], variable
        return (Origin.TOML, name) if name in document else (Origin.DEFAULT, None)

    return [SettingOrigin(name, _shown(name, getattr(settings, name)), *origin(name)) for name in Settings.fields]


def _shown(name: str, value: Any) -> Any:
    if name == "alert_webhook" and value is not None:
        return "***"
    return redact_url(value) if isinstance(value, str) else value
