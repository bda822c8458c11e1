from __future__ import annotations

import pytest

from backstage import Configuration, Container, Severity, ShownSetting
from backstage.app.use_cases import UseCases
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
