from __future__ import annotations

import pytest

from backstage.conformance.backend_suite import Connect, NewStore
from backstage.conformance.suite import ConformanceSuite
from backstage.infra.sqlite.backend import SqliteBackend


class TestSqlite(ConformanceSuite):
    @pytest.fixture
    def new_store(self, tmp_path_factory: pytest.TempPathFactory) -> NewStore:
        def new_store() -> Connect:
            path = tmp_path_factory.mktemp("store") / "backstage.db"
            return lambda clock: SqliteBackend(path, clock, boot_id="this boot")

        return new_store
