from __future__ import annotations

import os
from pathlib import Path

import pytest

from backstage.infra.settings.setting_origins import Origin, SettingOrigin, setting_origins
from backstage.infra.settings.settings import Settings


@pytest.fixture(autouse=True)
def empty_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("BACKSTAGE_", "REDIS_", "JOB_", "WORKER_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def origins(**overrides: object) -> dict[str, SettingOrigin]:
    return {each.name: each for each in setting_origins(Settings.load(**overrides))}


def test_every_setting_is_named_once_and_in_order() -> None:
    assert list(origins()) == list(Settings.fields)
    assert {each.origin for each in origins().values()} == {Origin.DEFAULT}


def test_each_value_is_the_one_in_force_with_the_place_that_decided(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "backstage.toml").write_text("concurrency = 1\nlease = 1\ntimeout = 1\nprefetch = 1")
    (tmp_path / ".env").write_text("BACKSTAGE_CONCURRENCY=2\nBACKSTAGE_LEASE=2\nBACKSTAGE_TIMEOUT=2")
    monkeypatch.setenv("BACKSTAGE_CONCURRENCY", "3")
    monkeypatch.setenv("BACKSTAGE_LEASE", "3")
    found = origins(concurrency=4, processes=None)
    told = {name: (found[name].value, str(found[name])) for name in ("concurrency", "lease", "timeout", "prefetch")}
    assert told == {
        "concurrency": (4, "argument concurrency"),
        "lease": (3.0, "environment BACKSTAGE_LEASE"),
        "timeout": (2.0, ".env BACKSTAGE_TIMEOUT"),
        "prefetch": (1, "backstage.toml prefetch"),
    }
    assert found["processes"] == SettingOrigin("processes", 1, Origin.DEFAULT, None)


def test_a_name_that_other_systems_use_is_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOB_TIMEOUT", "1500")
    monkeypatch.setenv("REDIS_HOST", "cache")
    monkeypatch.setenv("REDIS_PASSWORD", "s3cret")
    found = origins()
    assert (found["timeout"].value, found["timeout"].key) == (1.5, "JOB_TIMEOUT")
    assert (found["url"].value, found["url"].key) == ("redis://:***@cache:6379/0", "REDIS_HOST")


def test_an_empty_variable_decides_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("BACKSTAGE_LEASE=7")
    monkeypatch.setenv("BACKSTAGE_LEASE", "")
    assert str(origins()["lease"]) == ".env BACKSTAGE_LEASE"
