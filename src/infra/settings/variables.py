"""Settings from the environment and from a `.env` file, which has the same names and gives way to it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Self
from urllib.parse import quote

from backstage.domain.errors import ConfigurationError
from backstage.infra.settings.setting_files import read_dotenv

PREFIX = "BACKSTAGE_"
# Names that systems of the same kind use, honoured where our own name is not set.
_OTHER_NAMES = {
    "url": ("REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD", "REDIS_DB"),
    "handlers": ("WORKER_HANDLERS",),
    "concurrency": ("JOB_CONCURRENCY",),
    "timeout": ("JOB_TIMEOUT",),
}
OTHER_NAMES = frozenset(name for names in _OTHER_NAMES.values() for name in names)


class VariableSource(Enum):
    """Where a variable stands; the first one that has it wins."""

    ENVIRONMENT = 0
    DOTENV = 1


class Variables:
    """An empty variable counts as not set; whoever must not guess can ask for it.

    Our own name wins over another name wherever the two stand: REDIS_HOST is often there for a cache.
    Raises ConfigurationError for a REDIS_… or JOB_TIMEOUT value that is used and cannot be converted.
    """

    def __init__(self, sources: Mapping[VariableSource, Mapping[str, str | None]]) -> None:
        self._variables: dict[str, str] = {}
        self._sources: dict[str, VariableSource] = {}
        self._empty = {name for variables in sources.values() for name, value in variables.items() if not value}
        for source in VariableSource:
            for name, value in sources[source].items():
                if value and name not in self._variables:
                    self._variables[name] = value
                    self._sources[name] = source

    @classmethod
    def read(cls) -> Self:
        """Raises ConfigurationError for a `.env` that cannot be read."""
        return cls({VariableSource.ENVIRONMENT: os.environ, VariableSource.DOTENV: read_dotenv()})

    def values(self, fields: Iterable[str]) -> dict[str, Any]:
        """What is set of these settings."""
        set_here = {name: variable for name in fields if (variable := self.name_of(name)) is not None}
        return {name: self._value_of(variable) for name, variable in set_here.items()}

    def _value_of(self, variable: str) -> Any:
        if variable in _OTHER_NAMES["url"]:
            return self._redis_url()
        value = self._variables[variable]
        if variable == "JOB_TIMEOUT":
            return _whole("JOB_TIMEOUT", value, "a whole number of milliseconds", 2**63) / 1000
        return value

    def name_of(self, field: str) -> str | None:
        """The variable that sets the field here, None if none does."""
        for name in (PREFIX + field.upper(), *_OTHER_NAMES.get(field, ())):
            if name in self._variables and not self._is_of_kubernetes(name):
                return name
        return None

    def has_empty(self, variable: str) -> bool:
        return variable in self._empty

    def _is_of_kubernetes(self, name: str) -> bool:
        """Whether it is what Kubernetes sets in every container where a service is called redis; whoever wants that one
        says REDIS_HOST as well."""
        return name == "REDIS_PORT" and "://" in self._variables.get(name, "") and "REDIS_HOST" not in self._variables

    def source_of(self, variable: str) -> VariableSource:
        return self._sources[variable]

    def _redis_url(self) -> str:
        """Of any of the four variables; what is not given is as redis-cli has it."""
        host = self._variables.get("REDIS_HOST", "localhost")
        given = "6379" if self._is_of_kubernetes("REDIS_PORT") else self._variables.get("REDIS_PORT", "6379")
        port = _whole("REDIS_PORT", given, "a port", 65_535)
        database = _whole("REDIS_DB", self._variables.get("REDIS_DB", "0"), "the number of a database", 2**31)
        password = self._variables.get("REDIS_PASSWORD")
        credentials = f":{quote(password, safe='')}@" if password else ""
        return f"redis://{credentials}{f'[{host}]' if ':' in host else host}:{port}/{database}"


def _whole(name: str, value: str, meaning: str, most: int) -> int:
    if not (value.isascii() and value.isdigit() and int(value) <= most):
        raise ConfigurationError(name, f"{value!r} is not {meaning}")
    return int(value)
