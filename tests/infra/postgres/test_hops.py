"""Through which of the adapter's files an enqueue goes."""

from __future__ import annotations

import pytest

from backstage import Worker
from backstage.infra.postgres.notifier import Notifier
from benchmarks.house import Walk


async def test_an_enqueue_passes_each_file_of_a_short_list(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def told(_: Notifier) -> None:
        """The hint takes a way of its own, and may take it meanwhile."""

    monkeypatch.setattr(Notifier, "_tell", told)
    async with Worker(postgres_url, log_level="error") as worker:
        await worker.enqueue("mail:send")  # from now on its lane is known
        walk = Walk()
        with walk.taken():
            await worker.enqueue("mail:send")
    rooms = {room.removeprefix("infra/postgres/") for room in walk.rooms("infra/")}
    assert rooms == {
        "infra/joined_adds.py",
        *("add.py", "columns.py", "database.py", "session.py", "notifier.py", "counts.py"),
    }
