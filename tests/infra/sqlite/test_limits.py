"""What the file never takes, being too large for it: refused by itself, and nobody else's loss."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from backstage import Worker
from tests.worker.too_large import one_end_is_too_large
from tests.worker.workers import Workers


async def test_an_end_that_is_too_large_for_the_file_is_a_failed_attempt(path: Path) -> None:
    await one_end_is_too_large(Workers(f"sqlite:///{path}"), _limit_texts)


async def _limit_texts(worker: Worker) -> None:
    backend: Any = worker.backstage.backend
    await backend._writer.run(
        lambda transaction: transaction.cursor.connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 500_000)
    )
