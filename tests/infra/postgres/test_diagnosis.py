from __future__ import annotations

from collections.abc import Callable

import asyncpg

from backstage.conformance.trial import Trial
from backstage.domain.finding import Severity
from backstage.infra.postgres.backend import PostgresBackend
from backstage.testing.fake_clock import FakeClock
from tests.servers.postgres_instance import PostgresInstance


async def _found(backend: object) -> dict[str, Severity]:
    assert isinstance(backend, PostgresBackend)
    return {finding.name: finding.status for finding in await backend.diagnose()}


async def test_a_sound_server_is_found_sound(own_postgres: Callable[..., PostgresInstance], clock: FakeClock) -> None:
    server = own_postgres()
    connection = await asyncpg.connect(server.url)
    await connection.execute("CREATE ROLE shop LOGIN; GRANT CREATE ON DATABASE postgres TO shop")
    await connection.close()
    backend = PostgresBackend.from_url(f"{server.url.replace('backstage@', 'shop@')}?schema=jobs", clock)
    await backend.migrate()
    assert set((await _found(backend)).values()) == {Severity.OK}


async def test_a_store_that_is_not_migrated_is_told(url: str, clock: FakeClock) -> None:
    found = await _found(PostgresBackend.from_url(url, clock))
    assert found["schema"] is Severity.WARNING


async def test_a_superuser_and_a_server_that_forgets_are_told(trial: Trial) -> None:
    found = await _found(trial.backend)
    assert found["role"] is Severity.WARNING
    assert found["schema"] is Severity.OK


async def test_a_thousand_lanes_with_work_are_warned_of(trial: Trial) -> None:
    await trial.tasks.add([trial.new_task(queue=f"q{n}") for n in range(999)])
    assert (await _found(trial.backend))["lanes"] is Severity.OK
    await trial.added(queue="one-more")
    assert (await _found(trial.backend))["lanes"] is Severity.WARNING


async def test_every_finding_that_is_not_sound_says_what_to_do(trial: Trial) -> None:
    backend = trial.backend
    assert isinstance(backend, PostgresBackend)
    assert all(finding.remedy for finding in await backend.diagnose() if finding.status is not Severity.OK)
