"""A client that vanishes without a word, and leaves the server with an open connection."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from backstage.conformance.backend_suite import on_trial
from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import Trial
from backstage.domain.task_state import TaskState
from backstage.infra.postgres import connector
from backstage.infra.postgres.backend import PostgresBackend
from backstage.infra.postgres.session import Session
from backstage.testing.fake_clock import FakeClock
from tests.servers.tcp_proxy import TcpProxy

PROMPT = 20.0


async def test_the_locks_of_a_client_that_vanished_within_a_transaction_are_freed(
    trial: Trial, url: str, clock: FakeClock, new_task: TaskFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connector._VANISHING, "idle_in_transaction_session_timeout", "500ms")
    task = await trial.added()
    with TcpProxy(url) as proxy:
        far = f"{proxy.url}&command_timeout=1"
        async with on_trial(lambda clock: PostgresBackend.from_url(far, clock), clock, new_task) as vanishing:
            has_locked = asyncio.Event()

            async def lock_and_vanish(session: Session) -> None:
                async with session.transaction():
                    await session.fetch("SELECT FROM backstage_live WHERE id = $1::text::uuid FOR UPDATE", task.id)
                    has_locked.set()
                    await asyncio.Event().wait()

            backend = vanishing.backend
            assert isinstance(backend, PostgresBackend)
            vanished = asyncio.create_task(backend._database.run(lock_and_vanish))
            await asyncio.wait_for(has_locked.wait(), PROMPT)
            proxy.stall()
            async with asyncio.timeout(PROMPT):
                cancelled = await trial.tasks.save(task.cancel(clock.now()))
            assert cancelled is None
            assert (await trial.tasks.get(task.id)).state is TaskState.CANCELLED
            vanished.cancel()
            proxy.cut()
            with contextlib.suppress(asyncio.CancelledError):
                await vanished


async def test_each_session_tells_the_server_when_to_give_it_up(trial: Trial) -> None:
    backend = trial.backend
    assert isinstance(backend, PostgresBackend)

    async def look(session: Session) -> list[str]:
        names = "unnest(ARRAY['idle_in_transaction_session_timeout', 'tcp_keepalives_idle']) AS name"
        return [value for (value,) in await session.fetch(f"SELECT current_setting(name) FROM {names}")]

    assert await backend._database.run(look) == ["1min", "30"]
