from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.journeys.conftest import StartWorker
from tests.journeys.ledger import Ledger
from tests.journeys.siege import Siege
from tests.journeys.store import Store

TASKS, LONG_TASKS, KILLS = 3_000, 10_000, 10


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """The servers' stores are besieged in test_server_kills."""
    return sqlite_store


@pytest.mark.timeout(300)
async def test_ten_kills_lose_no_task(
    tmp_path: Path, store: Store, ledger: Ledger, start_worker: StartWorker, is_long: bool
) -> None:
    chance = random.Random(20261123)
    tasks = LONG_TASKS if is_long else TASKS
    siege = Siege(store, ledger, start_worker, chance, tasks)
    await siege.go(tmp_path, dict.fromkeys(chance.sample(range(100, tasks - 1_000), KILLS), siege.kill_a_worker))
    await siege.assert_nothing_is_lost_or_left()
