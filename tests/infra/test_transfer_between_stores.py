"""Every kind of store is moved into every other: nothing of a task is lost on the way, and it goes on there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from backstage.app.record_audit import RecordAudit
from backstage.app.transfer_tasks import Transferred
from backstage.app.use_cases import UseCases
from backstage.conformance.backend_suite import Connect, on_trial
from backstage.conformance.moved_tasks import in_every_state
from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import Trial
from backstage.domain.audit_entry import AuditQuery
from backstage.domain.cron_task import CronTask
from backstage.domain.no_listeners import NoListeners
from backstage.domain.retention import Retention
from backstage.domain.task_state import TaskState
from backstage.infra.memory.backend import MemoryBackend
from backstage.infra.postgres.backend import PostgresBackend
from backstage.infra.redis.backend import RedisBackend
from backstage.infra.sqlite.backend import SqliteBackend
from backstage.infra.uuid7_ids import Uuid7Ids
from backstage.testing.fake_clock import FakeClock
from tests.servers.postgres_server import PostgresServer
from tests.servers.redis_server import RedisServer

SERVERS = {"postgresql": "postgres_server", "redis": "redis_server"}
KINDS = ("memory", "sqlite", *SERVERS)


async def _connect(kind: str, folder: Path, server_of: Callable[[str], object]) -> Connect:
    """What connects to a new store of the kind; only the servers that are asked for are started."""
    if kind == "memory":
        return MemoryBackend
    if kind == "sqlite":
        return lambda clock: SqliteBackend(folder / "tasks.db", clock)
    server = server_of(SERVERS[kind])
    if isinstance(server, PostgresServer):
        url = await server.new_database()
        return lambda clock: PostgresBackend.from_url(url, clock)
    assert isinstance(server, RedisServer)
    prefixed = server.new_store()
    return lambda clock: RedisBackend.from_url(prefixed, clock)


@pytest.fixture(params=KINDS)
async def source(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> AsyncIterator[Trial]:
    connect = await _connect(request.param, tmp_path, request.getfixturevalue)
    async with on_trial(connect, clock, TaskFactory(clock)) as source:
        yield source


@pytest.fixture(params=KINDS)
async def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, source: Trial
) -> AsyncIterator[Trial]:
    connect = await _connect(request.param, tmp_path_factory.mktemp("target"), request.getfixturevalue)
    async with on_trial(connect, source.clock, source.new_task) as target:
        yield target


async def _transfer(source: Trial, target: Trial) -> Transferred:
    return await UseCases(source.backend, NoListeners(), Uuid7Ids()).transfer_tasks(target.backend)


async def test_a_store_is_the_same_in_another_one(source: Trial, target: Trial) -> None:
    await in_every_state(source)
    await source.tasks.prune(Retention(state=TaskState.CANCELLED, keep_last=0), 1)
    await source.schedules.put(CronTask("0 3 * * *", "report:build", args={"ü": 1}, time_zone="Europe/Berlin"))
    await source.schedules.put(CronTask("@hourly", "ping"))
    await source.schedules.pause("ping @hourly", by="ada", reason="moving house")
    await source.control.pause("queue", "mail", by="ops", reason="provider down")
    record = RecordAudit(source.backend.audit_log, source.clock)
    entries = [await record("ada", "pause_queue", f"queue-{number}", details={"reason": "ü"}) for number in range(3)]
    await source.control.pause("type", "report:build")
    source.clock.advance(60)
    transferred = await _transfer(source, target)
    assert transferred.missing == []
    assert transferred.new == transferred.tasks > 5
    assert await target.archive.read(None, 100) == await source.archive.read(None, 100)
    assert await target.tally() == await source.tally()
    assert await target.schedules.all() == await source.schedules.all()
    pauses = [
        [(each.kind, each.name, each.by, each.reason) for each in await store.control.paused()]
        for store in (source, target)
    ]
    assert pauses[0] == pauses[1]
    assert pauses[0] == [("queue", "mail", "ops", "provider down"), ("type", "report:build", None, None)]
    assert transferred.audit_entries == 3
    kept = (await target.backend.audit_log.find(AuditQuery())).entries
    assert sorted(kept, key=lambda entry: entry.id) == sorted(entries, key=lambda entry: entry.id)


async def test_tasks_go_on_in_another_store_and_can_be_moved_back(source: Trial, target: Trial) -> None:
    await in_every_state(source)
    await _transfer(source, target)
    source.clock.advance(60)
    types = frozenset({"email:send", "report:build"})
    there, here = await target.claim(50, types=types), await source.claim(50, types=types)
    assert there == here
    assert len(there) > 2
    await target.queue.settle([task.completed("1") for task in there])
    async with AsyncExitStack() as stack:
        back = await stack.enter_async_context(on_trial(MemoryBackend, source.clock, source.new_task))
        transferred = await _transfer(target, back)
        assert transferred.missing == []
        assert await back.archive.read(None, 100) == await target.archive.read(None, 100)
