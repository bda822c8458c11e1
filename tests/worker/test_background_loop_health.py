from __future__ import annotations

import asyncio

import pytest

from backstage.domain.errors import StorageUnavailableError
from backstage.worker.watching import background_loop_health
from backstage.worker.watching.background_loop_health import LoopHealth
from tests.worker.workers import Workers, memory, until


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the clock says, to be changed."""
    now = [100.0]
    monkeypatch.setattr(background_loop_health.time, "monotonic", lambda: now[0])
    return now


def test_a_periodic_loop_that_misses_three_turns_has_a_problem(time: list[float]) -> None:
    health = LoopHealth("reclaimer", 10.0)
    time[0] += 30.5
    assert health.problem() is None
    time[0] += 1
    assert health.problem() == "has not turned for 31.5 s; its interval is 10 s"
    health.turned()
    assert health.problem() is None


def test_the_error_of_a_periodic_loop_lasts_until_its_next_turn(time: list[float]) -> None:
    health = LoopHealth("pruner", 60.0)
    health.failed(StorageUnavailableError("gone"))
    time[0] += 50
    assert health.problem() == "gone"
    health.turned()
    assert health.problem() is None


def test_an_endless_loop_recovers_when_it_has_run_for_a_while_without_an_error(time: list[float]) -> None:
    health = LoopHealth("events")
    time[0] += 1000
    assert health.problem() is None
    health.failed(KeyError())
    assert health.problem() == "KeyError"
    time[0] += background_loop_health.RECENTLY
    assert health.problem() is None


async def test_a_worker_tells_of_each_of_its_loops(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = memory()
    worker = workers.over(backend)
    await worker.start()
    names = [loop.name for loop in worker.vital_signs().loops]
    assert {"claimer", "settler", "reclaimer", "pruner", "beat", "scheduler", "leases"} <= set(names)
    assert [loop.name for loop in worker.vital_signs().loops if loop.problem()] == []

    async def fails(max_deliveries: int, limit: int) -> None:
        raise StorageUnavailableError("gone")

    monkeypatch.setattr(backend.queue, "reclaim", fails)
    await until(lambda: [loop.name for loop in worker.vital_signs().loops if loop.problem()] == ["reclaimer"])
    monkeypatch.undo()
    await until(lambda: not any(loop.problem() for loop in worker.vital_signs().loops))


async def test_the_signs_follow_a_worker_through_its_life(workers: Workers) -> None:
    gate = asyncio.Event()
    worker = workers.new(concurrency=2)
    worker.on("t", gate.wait)
    assert worker.vital_signs().phase == "starting"
    await worker.start()
    await worker.enqueue("t")
    await until(lambda: worker.vital_signs().running == 1)
    signs = worker.vital_signs()
    assert (signs.phase, signs.is_paused, signs.concurrency, signs.waiting) == ("running", False, 2, 0)
    worker.pause()
    assert worker.vital_signs().is_paused
    stopping = asyncio.create_task(worker.stop())
    await until(lambda: worker.vital_signs().phase == "stopping")
    gate.set()
    await stopping
    assert worker.vital_signs().phase == "stopped"
