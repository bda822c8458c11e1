from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.journeys.conftest import StartWorker
from tests.journeys.ledger import Ledger
from tests.journeys.served_store import ServedStore
from tests.journeys.siege import Siege

TASKS, LONG_TASKS = 3_000, 20_000
WORKER_KILLS, SERVER_KILLS = 10, 3


@pytest.fixture
def store(own_store: ServedStore) -> ServedStore:
    return own_store


@pytest.mark.timeout(600)
async def test_kills_of_workers_and_of_the_server_lose_no_task(
    tmp_path: Path, store: ServedStore, ledger: Ledger, start_worker: StartWorker, is_long: bool
) -> None:
    chance = random.Random(20261125)
    tasks = LONG_TASKS if is_long else TASKS
    moments = chance.sample(range(100, tasks - 1_000), WORKER_KILLS + SERVER_KILLS)

    async def restart_the_server() -> None:
        await siege.until_all_work()
        store.server.kill()
        store.server.start()

    siege = Siege(store, ledger, start_worker, chance, tasks)
    faults = dict.fromkeys(moments, siege.kill_a_worker) | dict.fromkeys(moments[:SERVER_KILLS], restart_the_server)
    await siege.go(tmp_path, faults)
    await siege.assert_nothing_is_lost_or_left()
