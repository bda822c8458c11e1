from __future__ import annotations

from pathlib import Path

import pytest

from backstage.conformance.backend_suite import on_trial
from backstage.conformance.task_factory import TaskFactory
from backstage.domain.errors import ConfigurationError
from backstage.infra.postgres.backend import PostgresBackend
from backstage.testing.fake_clock import FakeClock
from tests.servers.tls_front import TlsFront


async def test_a_store_is_reached_over_tls(url: str, tmp_path: Path, clock: FakeClock, new_task: TaskFactory) -> None:
    with TlsFront(url, tmp_path) as front:
        secure = f"{front.url}&sslmode=verify-full&sslrootcert={front.authority}"
        async with on_trial(lambda clock: PostgresBackend.from_url(secure, clock), clock, new_task) as trial:
            task = await trial.added()
            assert [each.id for each in await trial.claim()] == [task.id]
        assert front.connections_encrypted > 0


async def test_a_certificate_of_nobody_known_is_refused(url: str, tmp_path: Path, clock: FakeClock) -> None:
    with TlsFront(url, tmp_path) as front:
        (tmp_path / "other").mkdir()
        with TlsFront(url, tmp_path / "other") as other:
            backend = PostgresBackend.from_url(f"{front.url}&sslmode=verify-full&sslrootcert={other.authority}", clock)
            with pytest.raises(ConfigurationError, match="certificate is not to be trusted"):
                await backend.open()


@pytest.mark.parametrize("option", ["sslrootcert", "sslcert", "sslkey", "sslcrl"])
async def test_a_file_that_is_missing_is_a_wrong_setting_and_no_outage(
    url: str, tmp_path: Path, clock: FakeClock, option: str
) -> None:
    with TlsFront(url, tmp_path) as front:
        files = f"sslmode=require&sslcert={front.authority}&{option}={tmp_path}/none.pem"
        backend = PostgresBackend.from_url(f"{front.url}&{files}", clock)
        with pytest.raises(ConfigurationError, match=f"{option}={tmp_path}/none.pem cannot be read"):
            await backend.open()


async def test_a_missing_file_of_a_variable_is_named_by_that(
    url: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGSSLROOTCERT", "/nowhere/root.crt")
    with pytest.raises(ConfigurationError, match=r"PGSSLROOTCERT=/nowhere/root.crt cannot be read"):
        await PostgresBackend.from_url(url, clock).open()
    monkeypatch.setenv("PGSSLMODE", "disable")
    backend = PostgresBackend.from_url(url, clock)
    await backend.open()
    await backend.close()
