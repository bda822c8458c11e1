from __future__ import annotations

from benchmarks.house import walks


async def test_a_task_passes_few_files_of_the_worker_from_its_claim_to_its_end() -> None:
    _, run = await walks("memory://")
    rooms = run.rooms("worker/")
    assert "worker/runtime/slots.py" in rooms
    assert len(rooms) <= 14, rooms
