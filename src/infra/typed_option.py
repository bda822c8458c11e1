from __future__ import annotations

from collections.abc import Sequence

from backstage.domain.errors import ConfigurationError


def as_typed(error: ConfigurationError, arguments: Sequence[str]) -> str:
    """The message, with what was given as an option called as it was typed; what was not is a setting."""
    option = f"--{error.setting.replace('_', '-')}"
    is_given = any(argument.partition("=")[0] == option for argument in arguments)
    return f"{option}: {error.problem}" if is_given else str(error)
