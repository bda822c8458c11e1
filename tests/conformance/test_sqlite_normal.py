from __future__ import annotations

import pytest

from backstage.conformance.adding import Adding
from backstage.conformance.backend_suite import Connect, NewStore
from backstage.conformance.deduplicating import Deduplicating
from backstage.conformance.racing import Racing
from backstage.conformance.waking import Waking
from backstage.infra.sqlite.backend import SqliteBackend
from tests.conformance.sizes import Sized
from tests.sqlite_files import NewSqliteFile


class TestSqliteNormal(Sized, Adding, Deduplicating, Racing, Waking):
    """What bears on enqueuing, where a lone enqueue is written by the thread of its caller."""

    @pytest.fixture
    def new_store(self, tmp_path_factory: pytest.TempPathFactory, new_sqlite_file: NewSqliteFile) -> NewStore:
        def new_store() -> Connect:
            path = tmp_path_factory.mktemp("store") / "tasks.db"
            new_sqlite_file(path)
            return lambda clock: SqliteBackend(path, clock, synchronous="normal")

        return new_store
