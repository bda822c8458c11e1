"""How many pages a batch writes to the WAL, which is what a disk has to take: for many tasks, and for one."""

from __future__ import annotations

from pathlib import Path

from backstage.conformance.trial import Trial

TASKS = 400
BATCH = {"add": 38, "claim": 34, "settle": 33}
ONE = {"add": 5, "claim": 5, "settle": 5}
"""Of a batch of TASKS, and of one task beside those. A figure may fall, and is then lowered here."""
MARGIN = 1.1
_FRAME = 4096 + 24


async def test_few_pages_are_written(trial: Trial, path: Path) -> None:
    await _pages(trial, path, 1)  # makes what is there from then on
    batch, one = await _pages(trial, path, TASKS), await _pages(trial, path, 1)
    assert all(batch[name] <= most * MARGIN for name, most in BATCH.items()), batch
    assert all(one[name] <= most * MARGIN for name, most in ONE.items()), one


async def _pages(trial: Trial, path: Path, tasks: int) -> dict[str, int]:
    def written() -> int:
        wal = path.with_name(f"{path.name}-wal")
        return wal.stat().st_size // _FRAME if wal.exists() else 0

    places = [written()]
    await trial.tasks.add([trial.new_task() for _ in range(tasks)])
    places.append(written())
    claimed = await trial.claim(tasks)
    places.append(written())
    await trial.queue.settle([task.completed() for task in claimed])
    places.append(written())
    assert places == sorted(places), "the WAL began anew meanwhile: measure fewer tasks"
    return {name: places[number + 1] - places[number] for number, name in enumerate(BATCH)}
