"""Through how many files of the adapter a new task goes, and that it takes no task of the event loop."""

from __future__ import annotations

import asyncio
from typing import Any

from backstage.conformance.trial import Trial
from tests.walked import walked


def test_an_add_passes_six_files(redis_url: str) -> None:
    passed = {room.removeprefix("infra/redis/") for room in walked(redis_url).enqueue if room.startswith("infra/")}
    assert passed == {
        "add.py",
        "infra/joined_adds.py",
        "rows.py",
        "client.py",
        "shared_server.py",
        "shared_connection.py",
    }


async def test_an_add_takes_no_task_of_the_event_loop(trial: Trial) -> None:
    await trial.added()
    begun: list[str] = []

    def note(loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> asyncio.Task[Any]:
        begun.append(work.__qualname__)
        return asyncio.Task(work, loop=loop, **options)

    asyncio.get_running_loop().set_task_factory(note)
    await trial.added()
    assert begun == []
