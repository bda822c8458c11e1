from __future__ import annotations

from collections.abc import Callable

from backstage.domain.configuration import Configuration


class GetConfiguration:
    """Return how this process was set up: its settings without passwords, its release, and what it need not keep.

    Workers elsewhere may have other settings. Raises ConfigurationError.
    """

    def __init__(self, configuration: Callable[[], Configuration]) -> None:
        self._configuration = configuration

    async def __call__(self) -> Configuration:
        return self._configuration()
