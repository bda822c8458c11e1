from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from backstage.conformance.trial import Trial
from backstage.infra.sqlite.backend import SqliteBackend
from backstage.testing.fake_clock import FakeClock

WAIT_FOR_A_TASK = """
import asyncio, sys
from backstage.infra.sqlite.backend import SqliteBackend
from backstage.infra.system_clock import SystemClock

async def main():
    backend = SqliteBackend(sys.argv[1], SystemClock())
    await backend.open()
    async with backend.wakeup() as wakeup:
        print("listening", flush=True)
        await wakeup.wait(60)
        [count] = await backend.tasks.counts()
        print("woken by", count.tasks, flush=True)
    await backend.close()

asyncio.run(main())
"""


async def a_listening_process(path: Path) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WAIT_FOR_A_TASK, str(path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"listening\n"
    return process


async def test_a_waiter_in_another_process_is_woken(trial: Trial, path: Path) -> None:
    process = await a_listening_process(path)
    await trial.added()
    async with asyncio.timeout(20):
        output, _ = await process.communicate()
    assert output == b"woken by 1\n"


async def test_the_fifo_of_a_waiter_that_was_killed_is_removed(trial: Trial, path: Path) -> None:
    process = await a_listening_process(path)
    process.kill()
    await process.wait()
    folder = path.with_name("backstage.db-wake")
    assert len(list(folder.iterdir())) == 1
    await trial.added()
    assert list(folder.iterdir()) == []


async def test_the_fifo_of_a_waiter_that_was_killed_on_standby_is_removed_by_the_next_that_comes_or_leaves(
    trial: Trial, path: Path
) -> None:
    folder = path.with_name("backstage.db-wake")

    async def die_on_standby() -> None:
        process = await a_listening_process(path)
        [fifo] = [each for each in folder.iterdir() if each not in others]
        process.kill()
        await process.wait()
        fifo.rename(folder / f".standby-{fifo.name}")

    others: set[Path] = set()
    await die_on_standby()
    async with trial.backend.wakeup():
        others = set(folder.iterdir())
        assert len(others) == 1
        await die_on_standby()
    assert list(folder.iterdir()) == []


async def test_leaving_removes_the_fifo_and_closing_the_empty_folder(path: Path, clock: FakeClock) -> None:
    folder = path.with_name("backstage.db-wake")
    backend = SqliteBackend(path, clock)
    await backend.open()
    async with backend.wakeup():
        assert len(list(folder.iterdir())) == 1
    assert list(folder.iterdir()) == []
    await backend.close()
    assert not folder.exists()


async def test_many_signals_are_one_and_never_block_the_writer(trial: Trial) -> None:
    async with trial.backend.wakeup() as wakeup:
        for _ in range(20):
            await trial.added()
        await wakeup.wait(10)
        async with asyncio.timeout(10):
            await wakeup.wait(0.01)


async def test_a_waiter_that_does_not_read_holds_up_nobody(trial: Trial, path: Path) -> None:
    folder = path.with_name("backstage.db-wake")
    folder.mkdir(mode=0o700)
    os.mkfifo(folder / "idle")
    end = os.open(folder / "idle", os.O_RDWR | os.O_NONBLOCK)
    while True:
        try:
            os.write(end, b"\0" * 4096)
        except BlockingIOError:
            break
    async with asyncio.timeout(20):
        await trial.added()
    os.close(end)


async def test_where_no_fifo_can_be_made_a_wait_ends_by_its_time(trial: Trial, path: Path) -> None:
    path.with_name("backstage.db-wake").write_text("in the way")
    async with asyncio.timeout(20), trial.backend.wakeup() as wakeup:
        await trial.added()
        await wakeup.wait(0.01)


async def test_a_folder_that_is_a_symbolic_link_is_not_used(trial: Trial, path: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    path.with_name("backstage.db-wake").symlink_to(elsewhere)
    async with trial.backend.wakeup() as wakeup:
        await wakeup.wait(0.01)
        assert list(elsewhere.iterdir()) == []
