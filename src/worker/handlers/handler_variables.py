"""The variables that set up the built-in handlers: the environment's, then those of `.env` in the working directory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from backstage.domain.errors import ConfigurationError

DOTENV_FILE = Path(".env")

Settings = TypeVar("Settings", bound=BaseSettings)


def read_settings(settings_class: type[Settings]) -> Settings:
    """Raises ConfigurationError naming the variable, never its value: it may be a secret."""
    try:
        return settings_class()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = str(first["loc"][0])
        # A field with a variable of another name is reported by that name already.
        variable = field if field.isupper() else f"{settings_class.model_config['env_prefix']}{field.upper()}"
        raise ConfigurationError(variable, first["msg"]) from None


def read_variable(name: str) -> str | None:
    """One that is empty counts as not set."""
    if value := os.environ.get(name):
        return value
    return (dotenv_values(DOTENV_FILE).get(name) if DOTENV_FILE.is_file() else None) or None
