from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backstage import StorageUnavailableError
from backstage.app.use_cases import UseCases
from backstage.cli import top, top_view
from backstage.cli.top_frame import TopFrame
from backstage.domain.stats import Count, TaskStats
from backstage.domain.task_state import TaskState
from tests.cli.conftest import Cli, Store


def test_top_prints_queues_workers_and_running_tasks_once(
    cli: Cli, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    store.enqueue("report:make", queue="reports")
    store.enqueue("email:send")
    store.start("email:send")
    store.beat("w1", types=("email:send",))
    out = cli("top").out
    assert "\x1b" not in out
    for text in ("pending 1", "running 1", "No worker that is alive knows the type report:make", "w1", "1/4"):
        assert text in out
    assert "email:send" in out.partition("running task")[2]


def test_the_rate_of_a_queue_is_that_of_the_tasks_that_ended_between_two_looks() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)

    def frame(at: datetime, completed: int) -> TopFrame:
        stats = TaskStats.of([Count("mail", "a", TaskState.COMPLETED, completed)])
        return TopFrame(now=at, stats=stats, waits=(), explained=(), workers=(), running=())

    first = frame(now, 10)
    second = frame(now + timedelta(seconds=2), 30).after(first)
    assert second.rates == {"mail": 10.0}
    assert frame(now + timedelta(seconds=3), 30).after(second).rates["mail"] == pytest.approx(7.0)
    assert replace(second, rates={}).after(second).rates == second.rates


async def test_top_outlasts_an_outage_of_the_store_and_says_so(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[TopFrame] = []
    looks = 0

    @contextmanager
    def live(first: TopFrame) -> Iterator[Callable[[TopFrame], None]]:
        yield shown.append

    async def look(store: UseCases) -> TopFrame:
        nonlocal looks
        looks += 1
        if looks == 2:
            raise StorageUnavailableError("the store is gone")
        if looks == 4:
            raise EOFError
        return TopFrame(
            now=datetime(2026, 3, 1, tzinfo=UTC), stats=TaskStats.of([]), waits=(), explained=(), workers=(), running=()
        )

    monkeypatch.setattr(top_view, "live", live)
    monkeypatch.setattr(top, "_look", look)
    with pytest.raises(EOFError):
        await top._watch(None, 0.0)
    assert [each.problem for each in shown] == ["the store is gone", ""]
    assert "the store is gone" in top_view.printed(shown[0])


def test_on_a_terminal_top_shows_what_changes_until_it_is_interrupted(store: Store) -> None:
    store.enqueue("first:one", queue="first")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "backstage", "top", "--interval", "0.2"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120", "LINES": "40"}
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as terminal:

        def shows(text: bytes) -> bool:
            deadline, written = time.monotonic() + 30, b""
            while text not in written and time.monotonic() < deadline:
                if select.select([terminal], [], [], 0.5)[0]:
                    written += terminal.read(65_536)
            return text in written

        assert shows(b"first")
        store.enqueue("second:one", queue="second")
        assert shows(b"second")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
