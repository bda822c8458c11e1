from __future__ import annotations

from datetime import datetime, timedelta

from backstage.domain.task_query import TaskQuery
from backstage.infra.container import Container
from tests.journeys.conftest import StartWorker
from tests.journeys.ledger import Ledger
from tests.journeys.waiting import until
from tests.journeys.worker_process import WorkerProcess

KILLS = 4


async def test_every_second_ticks_once_while_workers_are_killed(
    url: str, ledger: Ledger, start_worker: StartWorker
) -> None:
    def start() -> WorkerProcess:
        return start_worker(handlers="tests.journeys.scheduled", lease=1.0, reclaim_interval=0.2, max_deliveries=50)

    workers = [start(), start()]
    for kill in range(KILLS):
        seen = len({entry.task for entry in ledger.entries("end")})
        await until("two more ticks", lambda seen=seen: len({e.task for e in ledger.entries("end")}) >= seen + 2, 60)
        workers[kill % 2].kill()
        workers[kill % 2] = start()
    async with Container.open(url, silent=True) as backstage:
        tasks = (await backstage.find_tasks(TaskQuery(limit=1000))).tasks
    ticks = [datetime.fromisoformat(task.metadata["tick"]) for task in reversed(tasks)]
    assert len(ticks) >= 2 * KILLS
    assert ticks == [ticks[0] + timedelta(seconds=n) for n in range(len(ticks))]
