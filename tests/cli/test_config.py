from __future__ import annotations

import json
from pathlib import Path

import pytest

from backstage.infra.settings.settings import Settings
from tests.cli.conftest import Cli, Store


def test_each_setting_has_its_value_and_its_source(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "backstage.toml").write_text("lease = 20")
    (folder / ".env").write_text("BACKSTAGE_QUEUES=mail,slow")
    monkeypatch.setenv("BACKSTAGE_KEEP_FAILED_FOR", "none")
    answer = cli("config", "show")
    assert (answer.code, answer.err) == (0, "")
    rows = {line.split()[0]: line.split()[1:] for line in answer.out.splitlines()}
    assert set(rows) == {"setting", *Settings.fields}
    assert rows["lease"] == ["20", "backstage.toml", "lease"]
    assert rows["queues"] == ["mail,slow", ".env", "BACKSTAGE_QUEUES"]
    assert rows["keep_failed_for"] == ["none", "environment", "BACKSTAGE_KEEP_FAILED_FOR"]
    assert rows["silent"] == ["false", "default"]
    assert rows["types"] == ["none", "default"]
    assert rows["prefetch"] == ["auto", "default"]


def test_the_answer_in_json_has_the_values_themselves(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKSTAGE_LEESE", "3")
    (folder / ".env").write_text("BACKSTAGE_QUEUES=mail,slow")
    answer = json.loads(cli("config", "show", "--json", "--url", "memory://").out)
    settings = {each["name"]: each for each in answer["settings"]}
    assert settings["url"] == {"name": "url", "value": "memory://", "source": "argument", "key": "url"}
    assert settings["queues"]["value"] == ["mail", "slow"]
    assert settings["lease"] == {"name": "lease", "value": 30.0, "source": "default", "key": None}
    assert answer["unknown"] == [{"name": "BACKSTAGE_LEESE", "place": "environment", "nearest": "BACKSTAGE_LEASE"}]


def test_what_is_no_setting_is_named_on_stderr(cli: Cli, folder: Path) -> None:
    (folder / "backstage.toml").write_text("leese = 20")
    answer = cli("config", "show")
    assert answer.code == 0
    assert answer.err == "backstage: leese (backstage.toml) is not a setting: did you mean lease?\n"


@pytest.mark.parametrize("arguments", [("config", "show"), ("config", "show", "--json")])
def test_no_password_is_shown(cli: Cli, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    monkeypatch.setenv("BACKSTAGE_URL", "redis://:s3cret@cache/0")
    monkeypatch.setenv("BACKSTAGE_SMTP_PASWORD", "s3cret")
    answer = cli(*arguments)
    assert "redis://:***@cache/0" in answer.out
    assert "s3cret" not in answer.out + answer.err


def test_a_wrong_value_is_one_line(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKSTAGE_LEASE", "abc")
    answer = cli("config", "show")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == "backstage: BACKSTAGE_LEASE: 'abc' is not a number of seconds\n"


def test_nothing_is_created(cli: Cli, folder: Path) -> None:
    assert cli("config", "show").code == 0
    assert not any(folder.iterdir())


def test_doctor_knows_every_setting_of_a_healthy_installation(cli: Cli, store: Store) -> None:
    store.enqueue()
    assert "ok       settings: " in cli("doctor").out


def test_doctor_names_what_was_meant(cli: Cli, store: Store, folder: Path) -> None:
    store.enqueue()
    (folder / ".env").write_text("BACKSTAGE_LEESE=20")
    answer = cli("doctor")
    assert answer.code == 0
    assert "warning  settings: BACKSTAGE_LEESE (.env) is not a setting: did you mean BACKSTAGE_LEASE?" in answer.out


def test_doctor_says_when_no_worker_could_start(cli: Cli, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.enqueue()
    monkeypatch.setenv("BACKSTAGE_LEASE", "abc")
    answer = cli("doctor")
    assert answer.code == 1
    assert "error    settings: BACKSTAGE_LEASE: 'abc' is not a number of seconds" in answer.out
