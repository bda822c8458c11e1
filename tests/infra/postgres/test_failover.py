"""A failover that leaves sockets open: old sessions are on a server that serves no more, new ones reach the primary."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from backstage import Worker
from backstage.conformance.trial import LEASE, Trial
from backstage.conformance.waking import LONG, PROMPT
from backstage.domain.errors import StorageUnavailableError
from backstage.infra.postgres.backend import PostgresBackend
from backstage.infra.postgres.own_connection import OwnConnection
from backstage.infra.postgres.session import Runner, Session
from backstage.testing.fake_clock import FakeClock
from tests.servers.tcp_proxy import TcpProxy

NO_MORE = ["25006", "57P01", "57P03"]


@pytest.fixture
def backend(trial: Trial) -> PostgresBackend:
    assert isinstance(trial.backend, PostgresBackend)
    return trial.backend


@pytest.fixture(params=["pool", "lease keeper"])
async def runner(request: pytest.FixtureRequest, backend: PostgresBackend) -> AsyncIterator[Runner]:
    own = OwnConnection(backend._database.connector)
    yield backend._database if request.param == "pool" else own
    await own.close()


async def pid_of(session: Session) -> int:
    pid: int = await session.value("SELECT pg_backend_pid()")
    return pid


async def pids(runner: Runner, sessions: int) -> set[int]:
    """The server's processes behind as many connections at once."""
    everyone = asyncio.Barrier(sessions)

    async def step(session: Session) -> int:
        await everyone.wait()
        return await pid_of(session)

    return set(await asyncio.gather(*(runner.run(step) for _ in range(sessions))))


async def refused(session: Session, code: str) -> None:
    await session.fetch(f"DO $$ BEGIN RAISE EXCEPTION 'no more' USING ERRCODE = '{code}'; END $$")


@asynccontextmanager
async def read_only(database_url: str) -> AsyncIterator[None]:
    """New sessions of the database are read-only, as while its name still leads to the old server."""
    admin = await asyncpg.connect(database_url)
    name = await admin.fetchval("SELECT quote_ident(current_database())")
    try:
        await admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        yield
    finally:
        await admin.execute("SET default_transaction_read_only = off")
        await admin.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        await admin.close()


@pytest.fixture
def few_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backstage.infra.postgres.session._PAUSES", (0.01,))


@pytest.mark.parametrize("code", NO_MORE)
async def test_a_step_that_a_server_refuses_is_made_on_a_new_connection(runner: Runner, code: str) -> None:
    seen: list[int] = []

    async def step(session: Session) -> None:
        seen.append(await pid_of(session))
        if len(seen) == 1:
            await refused(session, code)

    await runner.run(step)
    assert len(set(seen)) == 2


async def test_no_other_connection_that_was_made_before_is_used_again(backend: PostgresBackend) -> None:
    database, own = backend._database, OwnConnection(backend._database.connector)
    before = await pids(database, 2) | {await own.run(pid_of)}

    async def step(session: Session) -> None:
        if await pid_of(session) in before:
            await refused(session, "25006")

    await database.run(step)
    after = await pids(database, 2) | {await own.run(pid_of)}
    await own.close()
    assert len(before) == len(after) == 3
    assert not before & after


async def test_a_connection_that_says_it_is_read_only_is_not_kept(runner: Runner) -> None:
    async def step(session: Session) -> int:
        await session.fetch("SELECT set_config('default_transaction_read_only', 'on', false)")
        return await pid_of(session)

    assert await runner.run(step) != await runner.run(pid_of)


@pytest.mark.usefixtures("few_tries")
async def test_until_the_new_server_is_reached_the_store_is_unavailable_and_then_all_goes_on(
    trial: Trial, backend: PostgresBackend, database_url: str
) -> None:
    running = await trial.running()
    async with backend.lease_queue() as leases:
        await leases.renew({running.id: running.fence}, LEASE)
        async with read_only(database_url):
            backend._connector.epoch.end(backend._connector.epoch.number)  # they were the old server's
            for attempt in (trial.added(), trial.claim(), trial.settle(running.completed())):
                with pytest.raises(StorageUnavailableError, match="read-only"):
                    await attempt
        assert await trial.added()
        assert not (await leases.renew({running.id: running.fence}, LEASE)).lost


async def test_a_listener_leaves_the_server_that_refused_a_step(
    trial: Trial, backend: PostgresBackend, url: str, clock: FakeClock
) -> None:
    with TcpProxy(url) as proxy:
        far = PostgresBackend.from_url(proxy.url, clock)
        await far.open()
        async with far.wakeup() as wakeup, asyncio.timeout(4 * PROMPT):
            made = proxy.connections_made

            async def step(session: Session) -> None:
                if proxy.connections_made == made:
                    await refused(session, "25006")

            await far._database.run(step)
            while proxy.connections_made < made + 2:  # one for the step, one for the listener
                await wakeup.wait(0.1)
            await trial.added()
            await wakeup.wait(LONG)
        await far.close()


@pytest.mark.usefixtures("few_tries")
async def test_a_worker_stops_without_an_error_while_nothing_can_be_written(url: str, database_url: str) -> None:
    worker = Worker(url, silent=True, poll_interval=0.05, grace_period=0.5)
    worker.on("email:send", lambda _: None)
    await worker.start()
    epoch = worker.backstage.backend._connector.epoch  # type: ignore[attr-defined]
    async with read_only(database_url):
        epoch.end(epoch.number)
        with pytest.raises(StorageUnavailableError, match="read-only"):
            await worker.enqueue("email:send")
        async with asyncio.timeout(LONG):
            await worker.stop()
