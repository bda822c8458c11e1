from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.journeys.conftest import StartWorker
from tests.journeys.ledger import Ledger
from tests.journeys.siege import Siege
from tests.journeys.store import Store

TASKS = 10_000
KILLS = 10


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """The servers' stores are besieged in test_server_kills."""
    return sqlite_store


@pytest.mark.timeout(300)
async def test_ten_kills_lose_none_of_ten_thousand_tasks(
    tmp_path: Path, store: Store, ledger: Ledger, start_worker: StartWorker
) -> None:
    chance = random.Random(20261123)
    siege = Siege(store, ledger, start_worker, chance, TASKS)
    await siege.go(tmp_path, dict.fromkeys(chance.sample(range(100, TASKS - 1_000), KILLS), siege.kill_a_worker))
    await siege.assert_nothing_is_lost_or_left()
