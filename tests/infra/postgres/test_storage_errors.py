"""What errors of the server and the driver mean."""

from __future__ import annotations

import asyncpg
import pytest

from backstage.domain.errors import StorageFullError, StorageUnavailableError
from backstage.infra.postgres.store_errors import translate


def broken_off(because_of: Exception | None) -> Exception:
    try:
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation") from because_of
    except asyncpg.ConnectionDoesNotExistError as error:
        return error


@pytest.mark.parametrize(
    ("cause", "meaning"),
    [
        (asyncpg.DiskFullError("could not write to file"), StorageFullError),
        (broken_off(asyncpg.DiskFullError("could not extend file")), StorageFullError),
        (ConnectionResetError("reset by peer"), StorageUnavailableError),
        (None, StorageUnavailableError),
    ],
)
def test_a_connection_that_breaks_off_because_the_disk_is_full_is_told_as_full(
    cause: Exception | None, meaning: type[Exception]
) -> None:
    assert isinstance(translate(broken_off(cause), "postgresql://db/shop"), meaning)
