from __future__ import annotations

from tests.walked import walked


def test_a_task_passes_few_files_of_the_worker_from_its_claim_to_its_end() -> None:
    rooms = [room for room in walked("memory://").run if room.startswith("worker/")]
    assert "worker/runtime/slots.py" in rooms
    assert len(rooms) <= 14, rooms
