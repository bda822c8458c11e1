from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from backstage import Configuration, Container, Severity, ShownSetting
from backstage.app.use_cases import UseCases
from backstage.domain.distribution import DISTRIBUTION
from backstage.infra.release import release


async def test_a_container_tells_how_it_was_set_up_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKSTAGE_ALERT_WEBHOOK", "https://hooks.example/topsecret")
    async with Container.open("memory://", lease=45.0, keep_failed=100) as store:
        told = await store.get_configuration()
    assert (told.url, told.release) == ("memory://", release())
    assert ShownSetting("lease", "45", "argument lease") in told.settings
    assert [each.keep_last for each in told.retentions if each.state == "failed"] == [100]
    assert "topsecret" not in str(told)


async def test_use_cases_without_settings_tell_nothing_of_them() -> None:
    async with Container.open("memory://") as store:
        bare = UseCases(store.backend, store.events, store.ids)
        assert await bare.get_configuration() == Configuration()


async def test_a_store_in_memory_is_examined_with_its_workers() -> None:
    async with Container.open("memory://") as store:
        findings = {finding.name: finding.status for finding in await store.diagnose()}
    assert findings == {"store": Severity.OK, "workers": Severity.OK, "served": Severity.OK}


def test_the_release_is_the_one_that_the_installation_tells(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert release() == version(DISTRIBUTION)
    (tmp_path / "backstage_worker-9.8.7rc1+local.dist-info").mkdir()
    (tmp_path / "backstage_worker_extra-1.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path / "missing"), str(tmp_path)])
    assert release.__wrapped__() == "9.8.7rc1+local"
    (tmp_path / "backstage_worker-9.8.7rc1+local.dist-info").rmdir()
    assert release.__wrapped__() == "unknown"
