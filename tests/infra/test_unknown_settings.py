from __future__ import annotations

import os
from pathlib import Path

import pytest

from backstage.infra.settings.settings import Settings
from backstage.infra.settings.unknown_settings import UnknownSetting, unknown_variables

FIELDS = Settings.fields


def nearest(name: str) -> str | None:
    [unknown] = unknown_variables("environment", {name: "1"}, FIELDS)
    return unknown.nearest


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("BACKSTAGE_CONCURENCY", "BACKSTAGE_CONCURRENCY"),
        ("BACKSTAGE_LOGLEVEL", "BACKSTAGE_LOG_LEVEL"),
        ("BACKSTAGE_SMTP_USER_NAME", "BACKSTAGE_SMTP_USERNAME"),
        ("BACKSTAGE_WEBHOOK_ALLOWHTTP", "BACKSTAGE_WEBHOOK_ALLOW_HTTP"),
        ("backstage_lease", "BACKSTAGE_LEASE"),
        ("Backstage_Lease", "BACKSTAGE_LEASE"),
        ("BACKSTAGE_FAVOURITE_COLOUR", None),
    ],
)
def test_an_unknown_variable_has_the_name_that_was_meant(name: str, meant: str | None) -> None:
    assert nearest(name) == meant


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("JOB_TIMOUT", "JOB_TIMEOUT"),
        ("JOB_TIMEOUT_MS", "JOB_TIMEOUT"),
        ("JOB_CONCURENCY", "JOB_CONCURRENCY"),
        ("job_timeout", "JOB_TIMEOUT"),
        ("REDIS_HOSTNAME", "REDIS_HOST"),
        ("REDIS_POST", "REDIS_PORT"),
        ("REDIS_PASS", "REDIS_PASSWORD"),
        ("WORKER_HANDLER", "WORKER_HANDLERS"),
    ],
)
def test_what_is_nearly_another_name_that_is_read_is_told(name: str, meant: str) -> None:
    assert nearest(name) == meant


def test_variables_of_other_programs_are_not_ours() -> None:
    theirs = [
        "REDIS_URL",
        "REDIS_TLS",
        "REDIS_SENTINELS",
        "JOB_NAME",
        "JOB_ID",
        "WORKER_CLASS",
        "REDIS_",
        "JOB",
        "PATH",
    ]
    links = {"REDIS_SERVICE_HOST": "10.0.0.1", "REDIS_PORT_6379_TCP_PORT": "6379", "REDIS_PORT": "tcp://10.0.0.1:6379"}
    assert unknown_variables("environment", dict.fromkeys(theirs, "1") | links, FIELDS) == ()


def test_no_redis_variable_matters_where_the_store_is_named() -> None:
    assert unknown_variables("environment", {"BACKSTAGE_URL": "memory://", "REDIS_HOSTT": "h"}, FIELDS) == ()


def test_what_is_read_is_known() -> None:
    read = [f"BACKSTAGE_{name.upper()}" for name in FIELDS]
    read += ["BACKSTAGE_SMTP_HOST", "BACKSTAGE_SMTP_FROM", "BACKSTAGE_WEBHOOK_CA_FILE"]
    read += [
        "REDIS_HOST",
        "REDIS_PORT",
        "REDIS_PASSWORD",
        "REDIS_DB",
        "JOB_TIMEOUT",
        "JOB_CONCURRENCY",
        "WORKER_HANDLERS",
    ]
    read += ["BACKSTAGE_WEBHOOK_SECRET", "BACKSTAGE_WEBHOOK_SECRET_BILLING", "HOME", "LEASE"]
    assert unknown_variables("environment", dict.fromkeys(read, "1"), FIELDS) == ()


def test_what_kubernetes_sets_for_a_service_of_our_name_is_not_ours() -> None:
    links = {
        "BACKSTAGE_SERVICE_HOST": "10.0.0.1",
        "BACKSTAGE_SERVICE_PORT": "80",
        "BACKSTAGE_SERVICE_PORT_HTTP": "80",
        "BACKSTAGE_PORT": "tcp://10.0.0.1:80",
        "BACKSTAGE_PORT_80_TCP": "tcp://10.0.0.1:80",
        "BACKSTAGE_PORT_80_TCP_PROTO": "tcp",
        "BACKSTAGE_PORT_80_TCP_PORT": "80",
        "BACKSTAGE_PORT_80_TCP_ADDR": "10.0.0.1",
        "BACKSTAGE_WORKER_SERVICE_HOST": "10.0.0.2",
    }
    assert unknown_variables("environment", links, FIELDS) == ()
    [unknown] = unknown_variables("environment", {"BACKSTAGE_PORT": "80"}, FIELDS)
    assert unknown.name == "BACKSTAGE_PORT"


def test_a_value_is_never_shown() -> None:
    assert "s3cret" not in repr(unknown_variables("environment", {"BACKSTAGE_SMTP_PASWORD": "s3cret"}, FIELDS))


def test_loading_settings_tells_what_has_no_effect(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("BACKSTAGE_", "REDIS_", "JOB_", "WORKER_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    assert Settings.load().unknown == ()
    monkeypatch.setenv("BACKSTAGE_LEESE", "3")
    (tmp_path / ".env").write_text("BACKSTAGE_QUEUE=mail")
    (tmp_path / "backstage.toml").write_text("pre-fetch = 3\nlease = 7")
    settings = Settings.load()
    assert settings.unknown == (
        UnknownSetting("BACKSTAGE_LEESE", "environment", "BACKSTAGE_LEASE"),
        UnknownSetting("BACKSTAGE_QUEUE", ".env", "BACKSTAGE_QUEUES"),
        UnknownSetting("pre-fetch", "backstage.toml", "prefetch"),
    )
    assert settings.lease == 7.0
    assert str(settings.unknown[0]) == "BACKSTAGE_LEESE (environment) is not a setting: did you mean BACKSTAGE_LEASE?"
