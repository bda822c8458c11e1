"""The rule which errors of a store mean that it will never take an outcome."""

from __future__ import annotations

import asyncio

from backstage.domain.errors import (
    ConfigurationError,
    StorageFullError,
    StorageRefusedError,
    StorageUnavailableError,
)
from backstage.domain.outcome import Outcome

SMALLEST_LIMIT = 512 * 1024
"""Bytes: no server that we know refuses a message for its size that is smaller."""
TRIES = 3


def may_be_of_the_data(error: Exception, size: int) -> bool:
    """Whether the data that was sent, of so many bytes, can be the cause, and not the store's state alone.

    A store that is full, read-only or closed to us is mended by people, and then takes everything. A server may break
    the connection off in place of an answer, where a message is too large for it.
    """
    if isinstance(error, (StorageFullError, ConfigurationError)):
        return False
    return size >= SMALLEST_LIMIT if isinstance(error, StorageUnavailableError) else True


class Refusals:
    """Of one outcome that fails alone, while the store takes others.

    They are final when the store says so itself (StorageRefusedError), when a large outcome has broken the connection
    off three times in a row, and when any other error has lasted for a lease.
    """

    def __init__(self, outcome: Outcome, lease: float) -> None:
        self._outcome, self._lease = outcome, lease
        self._number = 0
        self._since = asyncio.get_running_loop().time()

    def are_final_with(self, error: Exception) -> bool:
        """Count one more error; whether it is one too many."""
        self._number += 1
        if isinstance(error, StorageRefusedError):
            return True
        if not may_be_of_the_data(error, self._outcome.size):
            return False
        if isinstance(error, StorageUnavailableError):
            return self._number >= TRIES
        return asyncio.get_running_loop().time() - self._since >= self._lease

    def forget(self) -> None:
        """The store itself has failed, so nothing that came before tells anything of the outcome."""
        self._number = 0
        self._since = asyncio.get_running_loop().time()
