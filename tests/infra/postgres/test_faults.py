"""What the server undoes is done again; after what nobody knows, the caller is told and may ask again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest

from backstage.conformance.backend_suite import on_trial
from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import Trial
from backstage.domain.errors import ConfigurationError, StorageUnavailableError
from backstage.domain.task_state import TaskState
from backstage.infra.postgres.backend import PostgresBackend
from backstage.infra.postgres.location import parse_url
from backstage.infra.postgres.session import Session, attempt
from backstage.infra.postgres.store_errors import translate
from backstage.testing.fake_clock import FakeClock
from tests.servers.tcp_proxy import TcpProxy

PROMPT = 20.0


@pytest.fixture
def proxy(url: str) -> Iterator[TcpProxy]:
    with TcpProxy(url) as proxy:
        yield proxy


@pytest.fixture
async def far(proxy: TcpProxy, clock: FakeClock, new_task: TaskFactory) -> AsyncIterator[Trial]:
    """The store as it is seen through the proxy."""
    url = f"{proxy.url}&command_timeout=2"
    async with on_trial(lambda clock: PostgresBackend.from_url(url, clock), clock, new_task) as far:
        yield far


@pytest.fixture
async def admin(database_url: str) -> AsyncIterator[asyncpg.Connection[Any]]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.mark.parametrize("code", ["40001", "40P01", "55P03", "57P01", "25006"])
async def test_a_step_that_the_server_undid_is_made_again(trial: Trial, code: str) -> None:
    backend = trial.backend
    assert isinstance(backend, PostgresBackend)
    tries = 0

    async def step(session: Session) -> str:
        nonlocal tries
        tries += 1
        if tries < 3:
            await session.fetch(f"DO $$ BEGIN RAISE EXCEPTION 'undone' USING ERRCODE = '{code}'; END $$")
        return "done"

    database = backend._database
    assert await attempt(database.connector, database._borrow, step) == "done"
    assert tries == 3


async def test_what_is_undone_again_and_again_is_told(trial: Trial) -> None:
    backend = trial.backend
    assert isinstance(backend, PostgresBackend)

    async def step(session: Session) -> None:
        await session.fetch("DO $$ BEGIN RAISE EXCEPTION 'undone' USING ERRCODE = '40P01'; END $$")

    with pytest.raises(StorageUnavailableError, match="undone"):
        await backend._database.run(step)


async def test_connections_that_were_lost_meanwhile_are_made_anew(far: Trial, proxy: TcpProxy) -> None:
    task = await far.added()
    assert proxy.cut() >= 1
    await asyncio.sleep(0)
    for _ in range(3):
        try:
            assert await far.tasks.get(task.id) == task
            break
        except StorageUnavailableError:
            continue  # its connection broke under it: asked again, it is made on another
    else:
        raise AssertionError("three connections were lost")


async def test_a_server_that_ends_our_sessions_is_not_noticed(
    trial: Trial, admin: asyncpg.Connection[Any], url: str
) -> None:
    await trial.added()
    ended = await admin.fetch(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'backstage'"
    )
    assert ended
    assert len(await trial.claim()) == 1


async def test_a_silent_network_is_given_up_in_time(far: Trial, proxy: TcpProxy) -> None:
    task = await far.added()
    proxy.stall()
    async with asyncio.timeout(PROMPT):
        with pytest.raises(StorageUnavailableError):
            await far.tasks.get(task.id)
    proxy.flow()
    async with asyncio.timeout(PROMPT):
        assert await far.tasks.get(task.id) == task


async def test_an_add_whose_reply_was_lost_stores_its_task_once(far: Trial, proxy: TcpProxy) -> None:
    await far.added()
    task = far.new_task()
    lost = proxy.lose_reply(b"INSERT INTO", answered=b"INSERT 0")
    try:
        await far.tasks.add([task])
    except StorageUnavailableError:
        assert await far.tasks.add([task]) == [None]
    assert lost.has_happened
    assert await far.tally() == {("default", "email:send", TaskState.PENDING): (2, 0)}


async def test_a_connection_that_broke_off_is_told_as_broken_off(far: Trial, proxy: TcpProxy) -> None:
    task = await far.added()
    lost = proxy.lose_reply(b"whole.id = $1::uuid")
    with pytest.raises(StorageUnavailableError, match=r"closed in the middle of operation|reset by peer"):
        await far.tasks.get(task.id)
    assert lost.has_happened
    assert await far.tasks.get(task.id) == task


async def test_a_settle_whose_reply_was_lost_is_answered_when_it_is_repeated(far: Trial, proxy: TcpProxy) -> None:
    running = await far.running()
    lost = proxy.lose_reply(b"completed", answered=b"SELECT 1")
    with pytest.raises(StorageUnavailableError):
        await far.settle(running.completed('"a result"'))
    assert lost.has_happened
    assert await far.settle(running.completed('"a result"')) is TaskState.COMPLETED
    assert len(await far.tasks.attempts(running.id)) == 1


async def test_a_cancelled_call_leaves_no_answer_for_the_next(far: Trial, proxy: TcpProxy) -> None:
    tasks = [await far.added() for _ in range(3)]
    proxy.delay(0.05)
    for task in tasks:
        call = asyncio.ensure_future(far.tasks.get(task.id))
        await asyncio.sleep(0.01)
        call.cancel()
    proxy.delay(0.0)
    assert [await far.tasks.get(task.id) for task in tasks] == tasks


async def test_a_server_that_is_not_there_is_told_in_one_line(clock: FakeClock) -> None:
    backend = PostgresBackend.from_url("postgresql://ada:secret@127.0.0.1:1/jobs", clock)
    with pytest.raises(StorageUnavailableError) as caught:
        await backend.open()
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_database_that_is_not_there_is_a_wrong_setting(database_url: str, clock: FakeClock) -> None:
    backend = PostgresBackend.from_url(f"{database_url}x", clock)
    with pytest.raises(ConfigurationError, match="create it"):
        await backend.open()


async def test_closing_leaves_no_connection_behind(
    url: str, clock: FakeClock, new_task: TaskFactory, admin: asyncpg.Connection[Any]
) -> None:
    name = parse_url(url).schema
    backend = PostgresBackend.from_url(f"{url}&application_name={name}", clock)
    await backend.open()
    async with backend.wakeup(), backend.lease_queue() as leases:
        await asyncio.gather(*(backend.tasks.add([new_task()]) for _ in range(20)))
        await leases.renew({}, 1.0)
    await backend.close()
    await admin.execute(
        # The server notices a moment later that a client has gone.
        "DO $$ BEGIN FOR n IN 1..2000 LOOP PERFORM pg_stat_clear_snapshot();"
        f" EXIT WHEN NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = '{name}');"
        " PERFORM pg_sleep(0.01); END LOOP; END $$"
    )
    assert await admin.fetchval("SELECT count(*) FROM pg_stat_activity WHERE application_name = $1", name) == 0


async def test_a_server_without_tls_is_a_matter_of_configuration(postgres_url: str) -> None:
    backend = PostgresBackend.from_url(f"{postgres_url}?sslmode=require", None)
    with pytest.raises(ConfigurationError, match="does not speak TLS"):
        await backend.open()


@pytest.mark.parametrize("error", [asyncpg.CannotConnectNowError("starting up"), ConnectionRefusedError(111, "no")])
def test_a_server_that_starts_is_one_to_wait_for(error: Exception) -> None:
    assert isinstance(translate(error, "postgresql://h"), StorageUnavailableError)
