from __future__ import annotations

import pytest

from backstage.conformance.backend_suite import NewStore
from backstage.conformance.joining import RefusesTransactionsSuite
from backstage.conformance.suite import ConformanceSuite
from backstage.infra.memory.backend import MemoryBackend
from tests.conformance.sizes import Sized


class TestMemory(Sized, ConformanceSuite, RefusesTransactionsSuite):
    @pytest.fixture
    def new_store(self) -> NewStore:
        return lambda: MemoryBackend
