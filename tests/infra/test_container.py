from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import backstage
from backstage import Container, EnqueueTask
from backstage.domain.errors import ConfigurationError, StorageUnavailableError
from backstage.domain.opening import Opening
from backstage.domain.task_state import TaskState
from backstage.infra.backends import SCHEMES, backend_for
from backstage.infra.memory.backend import MemoryBackend
from backstage.infra.settings.settings import Settings
from backstage.infra.structured_logging import new_logger
from backstage.infra.system_clock import SystemClock


@pytest.fixture(autouse=True)
def own_directory(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


async def test_an_api_layer_enqueues_cancels_retries_and_counts():
    async with Container.open("memory://") as backstage:
        task = await backstage.enqueue_task(EnqueueTask(type="email:send", payload={"n": 1}, priority=10))
        await backstage.cancel_task(task.id)
        assert (await backstage.get_task(task.id)).state is TaskState.CANCELLED
        await backstage.retry_task(task.id, reset_attempts=True)
        stats = await backstage.get_task_stats()
        assert (stats.pending, stats.cancelled, stats.total) == (1, 0, 1)


async def test_the_url_decides_where_the_tasks_are_kept(tmp_path):
    url = f"sqlite:///{tmp_path}/tasks.db"
    async with Container.open(url) as backstage:
        task = await backstage.enqueue_task(EnqueueTask("email:send", {"n": 1}))
    async with Container.open(url) as backstage:
        assert await backstage.get_task(task.id) == task
    async with Container.open("memory://") as backstage:
        assert (await backstage.get_task_stats()).total == 0


async def test_the_default_store_is_a_file_in_the_working_directory(monkeypatch, tmp_path):
    for name in ("BACKSTAGE_URL", "REDIS_HOST"):
        monkeypatch.delenv(name, raising=False)
    async with Container.open() as backstage:
        await backstage.enqueue_task(EnqueueTask("email:send"))
    assert (tmp_path / "backstage.db").is_file()


async def test_its_events_reach_the_listeners():
    heard = []
    async with Container.open("memory://") as backstage:
        backstage.events.on("worker-task:created", heard.append)
        task = await backstage.enqueue_task(EnqueueTask("email:send"))
    assert [event.task for event in heard] == [task]


USE_CASES = [
    "enqueue_task",
    "enqueue_tasks",
    "cancel_task",
    "retry_task",
    "copy_task",
    "get_task",
    "get_attempts",
    "find_tasks",
    "get_task_stats",
    "prune_tasks",
    "cleanup_old_tasks",
    "pause_queue",
    "resume_queue",
    "pause_type",
    "resume_type",
    "list_pauses",
    "replay_dead_letters",
    "purge_dead_letters",
    "list_workers",
]


async def test_every_use_case_is_there():
    async with Container.open("memory://") as backstage:
        assert [name for name in USE_CASES if not callable(getattr(backstage, name))] == []


async def test_an_application_may_bring_its_own_logger():
    entries = []
    logger = new_logger(silent=True, log_handler=entries.append)
    async with Container.open("memory://", logger=logger) as backstage:
        backstage.events.on("worker-task:created", lambda event: 1 / 0)
        await backstage.enqueue_task(EnqueueTask("email:send"))
    assert [entry["event"] for entry in entries] == ["listener_failed"]


async def test_settings_are_taken_as_arguments():
    async with Container.open("memory://", lease=5, concurrency=None) as backstage:
        assert (backstage.settings.lease, backstage.settings.concurrency) == (5.0, 10)


async def test_everybody_goes_by_the_clock_of_the_store():
    backend = MemoryBackend(SystemClock())
    container = Container(Settings.load(url="memory://"), backend=backend)
    assert container.clock is backend.clock


@pytest.mark.parametrize("url", ["mongodb://me:s3cret@host/db", "me:s3cret@host://", "backstage.db", "", "://"])
async def test_a_url_that_no_backend_has_names_those_there_are(url):
    with pytest.raises(ConfigurationError) as caught:
        backend_for(url, SystemClock())
    assert all(f"{scheme}://" in str(caught.value) for scheme in SCHEMES)
    assert "s3cret" not in str(caught.value)


class Unreachable(MemoryBackend):
    is_closed = False

    async def open(self, opening: Opening = Opening.WORK) -> None:
        raise StorageUnavailableError("gone")

    async def close(self) -> None:
        self.is_closed = True


async def test_a_store_that_cannot_be_opened_is_freed_again():
    backend = Unreachable(SystemClock())
    with pytest.raises(StorageUnavailableError):
        await Container(Settings.load(url="memory://"), backend=backend).start()
    assert backend.is_closed


async def test_close_may_be_called_twice():
    container = Container(Settings.load(url="memory://"))
    await container.start()
    await container.close()
    await container.close()


def test_only_the_chosen_store_is_imported():
    script = (
        "import asyncio, sys\n"
        "from backstage import Container\n"
        "async def main():\n"
        "    async with Container.open('memory://'): pass\n"
        "asyncio.run(main())\n"
        "print(*[name for name in ('sqlite3', 'apsw', 'asyncpg', 'redis', 'fastapi') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == []


def test_the_public_names_that_live_here_are_found():
    assert backstage.Container is Container
    assert backstage.EnqueueTask is EnqueueTask


def test_a_url_in_place_of_settings_is_answered_with_the_call_that_takes_one() -> None:
    url: Any = "redis://:secret@127.0.0.1:1/0"
    with pytest.raises(ConfigurationError, match=r"^settings: is a string: name a store by `Container\.open\(url\)`$"):
        Container(url)
